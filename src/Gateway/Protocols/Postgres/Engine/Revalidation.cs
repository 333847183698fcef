using System.Buffers;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// What happens when the server prints a statement's tree again at Bind or Describe: it has re-analysed the statement, so the verdict is void
/// until the new tree says the same. Anything else voids the statement, and a read that is already under way ends the session.
/// </summary>
/// <param name="catalog">The target's facts.</param>
/// <param name="watch">Looks at the target past the session; null where nothing can.</param>
/// <param name="shown">The tagged columns that are clear to the session's principal now.</param>
internal sealed class Revalidation(TargetCatalog catalog, CatalogWatch? watch, Func<UnmaskedColumns> shown)
{
    private readonly ArrayBufferWriter<byte> _tree = new();
    private bool _hasTree;

    /// <summary>Whether the statement that is being bound or described has to be looked at (<see cref="SettleAsync"/>) before the answer goes on.</summary>
    public bool IsOpen => _hasTree;

    /// <param name="statement">The statement that was bound or described.</param>
    /// <param name="isFresh">Whether it was parsed in the same batch.</param>
    /// <param name="tree">The dump.</param>
    public void Add(ServerStatement statement, bool isFresh, ReadOnlySpan<byte> tree)
    {
        var hash = ServerStatement.HashOf(tree);
        if (statement.KnowsHelper(hash))
        {
            return;
        }

        if (isFresh && hash != statement.DumpHash)
        {
            // Parsed a moment ago in this very transaction, whose locks keep its meaning: planning printed the body of a function.
            statement.AddHelper(hash);
            return;
        }

        // The same tree again means that something it names has changed all the same, such as its children or a function's body.
        if (!_hasTree)
        {
            _hasTree = true;
            _tree.Write(tree);
        }
    }

    /// <summary>Finds out, past the session, whether the statement whose tree came again still means what was judged.</summary>
    public async ValueTask SettleAsync(ServerStatement? statement)
    {
        if (statement is not null)
        {
            statement.IsVoid |= !await SaysTheSameAsync(statement);
        }

        Forget();
    }

    /// <exception cref="StatementVoidException">The meaning of a statement whose rows may follow has changed.</exception>
    public static void Finish(Portal portal)
    {
        if (portal.Statement.IsVoid && !portal.Statement.ChangesSomething)
        {
            throw new StatementVoidException();
        }
    }

    public void Forget()
    {
        _tree.ResetWrittenCount();
        _hasTree = false;
    }

    /// <summary>"cached plan must not change result type": the plan cache gives up after a change of schema.</summary>
    public static bool IsStalePlan(ReadOnlySpan<byte> error) =>
        ErrorFields.Find(error, ErrorFields.Code).SequenceEqual("0A000"u8)
        && ErrorFields.Find(error, ErrorFields.Routine).SequenceEqual("RevalidateCachedQuery"u8);

    private async ValueTask<bool> SaysTheSameAsync(ServerStatement statement)
    {
        var stamp = catalog.Stamp();
        if (watch is null || statement.Analysis is not { } before || await AnalyseAsync(watch) is not AnalysisOutcome.Understood { Analysis: var now })
        {
            return false;
        }

        var same = now.Refusal is null
            && now.Class == before.Class
            && now.Effects == before.Effects
            && now.Unbounded == before.Unbounded
            && now.TouchesPhi == before.TouchesPhi
            && now.Unmasked.SequenceEqual(before.Unmasked)
            && now.Outputs.SequenceEqual(before.Outputs)
            && now.Inferences.Select(Told).SequenceEqual(before.Inferences.Select(Told))
            && now.PlainParameters.SequenceEqual(before.PlainParameters)
            && now.Relations.SequenceEqual(before.Relations)
            && now.Functions.SequenceEqual(before.Functions)
            && now.SetConfigCalls.SequenceEqual(before.SetConfigCalls);
        if (same)
        {
            statement.DumpHash = ServerStatement.HashOf(_tree.WrittenSpan);
            statement.Age.UnderstoodAt = stamp;
        }

        return same;
    }

    private static (string Column, InferenceKind Kind, bool IsTransformed) Told(Inference inference) => (inference.Column, inference.Kind, inference.IsTransformed);

    /// <summary>
    /// Reads the tree by facts of this moment. They come over the gateway's own connection: the session is busy with the statement itself.
    /// </summary>
    private async ValueTask<AnalysisOutcome?> AnalyseAsync(CatalogWatch other)
    {
        var since = catalog.Mark();
        if (!await other.LookAsync())
        {
            return null;
        }

        for (var round = 0; round <= StatementAnalyzer.MaxFactRounds; round++)
        {
            var outcome = StatementAnalyzer.Analyze(_tree.WrittenSpan, catalog, since, shown());
            if (outcome is not AnalysisOutcome.NeedsFacts { Missing: var missing })
            {
                return outcome;
            }

            var query = catalog.QueryFor(missing);
            if (await other.QueryAsync(query.Sql) is not { } rows)
            {
                return null;
            }

            catalog.Load(query, rows);
        }

        return null;
    }
}

/// <summary>A statement in flight no longer means what was judged; the session ends before any of its rows goes out.</summary>
internal sealed class StatementVoidException() : IOException("the meaning of a prepared statement changed while it ran");
