using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>
/// Tells the kind of one statement from its words. Each utility statement is read to its last token; whatever is not known, or goes on in a
/// way that is not known, is refused or left to the server's own syntax check.
/// </summary>
internal static class StatementClassifier
{
    /// <summary>Most letters a first word is looked up with.</summary>
    private const int MaxVerbLetters = 16;

    /// <summary>Classifies one statement as <see cref="StatementSplitter"/> cut it. Never throws.</summary>
    public static StatementForm Classify(ReadOnlySpan<byte> statement)
    {
        var reader = new SqlReader(statement);
        if (reader.AtEnd)
        {
            return new StatementForm.Empty();
        }

        if (InnerQuery.IsQueryOrDml(reader))
        {
            return new StatementForm.Analysed();
        }

        if (reader.Token.Kind != SqlTokenKind.Word || reader.Token.Length > MaxVerbLetters || !reader.TakeName(out var verb))
        {
            return Unreadable("The statement");
        }

        return Read(ref reader, verb) ?? Unreadable(IsVerb(verb) ? $"This form of {verb.ToUpperInvariant()}" : "The statement");
    }

    private static StatementForm.SyntaxProbe Unreadable(string what) => new("unreadable-statement", $"{what} is not one the gateway can read.");

    private static bool IsVerb(string verb) => SqlVocabulary.IsKeyword(System.Text.Encoding.UTF8.GetBytes(verb));

    private static StatementForm? Read(ref SqlReader reader, string verb) => verb switch
    {
        "begin" => TransactionStatements.Begin(ref reader),
        "start" => TransactionStatements.Start(ref reader),
        "commit" or "end" => TransactionStatements.Commit(ref reader),
        "rollback" or "abort" => TransactionStatements.Rollback(ref reader),
        "savepoint" => TransactionStatements.Savepoint(ref reader),
        "release" => TransactionStatements.Release(ref reader),
        "set" => SettingStatements.Set(ref reader),
        "reset" => SettingStatements.Reset(ref reader),
        "show" => SettingStatements.Show(ref reader),
        "explain" => PreparedStatements.Explain(ref reader),
        "prepare" => PreparedStatements.Prepare(ref reader),
        "execute" => PreparedStatements.Execute(ref reader),
        "deallocate" => PreparedStatements.Deallocate(ref reader),
        "discard" => PreparedStatements.Discard(ref reader),
        "declare" => CursorStatements.Declare(ref reader),
        "fetch" => CursorStatements.Fetch(ref reader, isMove: false),
        "move" => CursorStatements.Fetch(ref reader, isMove: true),
        "close" => CursorStatements.Close(ref reader),
        "copy" => CopyStatements.Copy(ref reader),
        "listen" => NotifyStatements.Listen(ref reader),
        "unlisten" => NotifyStatements.Unlisten(ref reader),
        "notify" => NotifyStatements.Notify(ref reader),
        "lock" => TableStatements.Lock(ref reader),
        "vacuum" or "analyze" or "analyse" => TableStatements.Maintain(ref reader),
        "truncate" => TableStatements.Truncate(ref reader),
        "drop" => TableStatements.Drop(ref reader),
        "comment" => TableStatements.Comment(ref reader),
        "create" => CreateStatements.Create(ref reader),
        "alter" => AlterStatements.Alter(ref reader),
        "do" or "call" or "load" => Refusals.Code(verb.ToUpperInvariant()),
        "grant" or "revoke" => Refusals.Access(verb.ToUpperInvariant(), Effects.Grant),
        "security" or "reassign" => Refusals.Access(verb.ToUpperInvariant()),
        "checkpoint" or "import" => Refusals.Administration(verb.ToUpperInvariant()),
        "reindex" or "cluster" => Refusals.Administration(verb.ToUpperInvariant(), Effects.Maintenance),
        "refresh" => Refusals.OfObject("refresh", "materialized", Effects.Update),
        _ => null,
    };
}
