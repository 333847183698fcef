using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>Replays every attack on the columns of one scratch database, and counts what came of it.</summary>
internal sealed class SelfTestRun(ScratchDatabase scratch, SelfTestSession session)
{
    /// <summary>Most columns the short attacks are tried on.</summary>
    private const int MaxColumns = 300;

    /// <summary>Most leaks told one by one.</summary>
    private const int MaxLeaks = 200;

    private const int GuessCharacters = 3;
    private const string WrongGuess = "zzq";

    private readonly Dictionary<string, (int Tried, int Leaked, int Masked, int Refused)> _counts = new(StringComparer.Ordinal);
    private readonly List<SelfTestLeak> _leaks = [];
    private readonly List<Canary> _canaries = [.. scratch.Tables.SelectMany(static t => t.Columns).SelectMany(static c => c.Canaries)];

    public async ValueTask<SelfTestReport> RunAsync(CancellationToken cancellationToken)
    {
        var all = scratch.Tables.SelectMany(static table => table.Columns.Where(static c => c.CanBeKnown).Select(column => (Table: table, Column: column))).Take(MaxColumns).ToList();
        var few = all.GroupBy(static pair => pair.Column.IsText ? "text" : pair.Column.Type.Split('(')[0], StringComparer.Ordinal).Select(static kind => kind.First()).ToList();
        foreach (var attack in Attack.All())
        {
            var where = attack.ForAll ? all : attack.Category == Attack.Utility ? few.Take(1) : few.Where(pair => !attack.TextOnly || pair.Column.IsText);
            foreach (var (table, column) in where)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await TryAsync(attack, table, column, cancellationToken);
            }
        }

        var skipped = scratch.Skipped.Concat(
        [
            "attacks by binary and extended protocol messages, bind parameters and FunctionCall: the product's own tests replay them",
            "constraints, triggers, views, functions and partitions of the target: only its tables are copied",
        ]);
        return new SelfTestReport(all.Count, [.. _counts.Select(static c => new SelfTestCategory(c.Key, c.Value.Tried, c.Value.Leaked, c.Value.Masked, c.Value.Refused))], _leaks, [.. skipped]);
    }

    private async ValueTask TryAsync(Attack attack, ScratchTable table, ScratchColumn column, CancellationToken cancellationToken)
    {
        string Fill(string statement) => statement
            .Replace("{t}", table.Sql, StringComparison.Ordinal)
            .Replace("{c}", SqlQuoting.Name(column.Name), StringComparison.Ordinal)
            .Replace("{k}", ScratchDatabase.Key, StringComparison.Ordinal)
            .Replace("{w}", ScratchDatabase.Work, StringComparison.Ordinal);

        if (attack.Guess is { } guess)
        {
            var question = Fill(guess);
            var (right, refused) = await session.RunAsync([question.Replace("{g}", column.Canaries[0].Token[..GuessCharacters], StringComparison.Ordinal)], cancellationToken);
            var (wrong, _) = await session.RunAsync([question.Replace("{g}", WrongGuess, StringComparison.Ordinal)], cancellationToken);
            Count(attack.Category, right != wrong ? new SelfTestLeak(attack.Category, column.Qualified, "the answer tells the beginning of a value", question) : null, refused);
            return;
        }

        var statements = attack.Statements.Select(Fill).ToList();
        var (received, failed) = await session.RunAsync(statements, cancellationToken);
        Count(attack.Category, LeakIn(attack.Category, received, string.Join("; ", statements)), failed);
    }

    private SelfTestLeak? LeakIn(string category, string received, string statement)
    {
        var lower = received.ToLowerInvariant();
        var squeezed = new string([.. lower.Where(char.IsAsciiLetterOrDigit)]);
        foreach (var canary in _canaries)
        {
            if (canary.FindIn(received, lower, squeezed) is { } how)
            {
                return new SelfTestLeak(category, canary.Column, how, statement);
            }
        }

        return null;
    }

    private void Count(string category, SelfTestLeak? leak, bool refused)
    {
        var (tried, leaked, masked, refusals) = _counts.GetValueOrDefault(category);
        _counts[category] = (tried + 1, leaked + (leak is null ? 0 : 1), masked + (leak is null && !refused ? 1 : 0), refusals + (leak is null && refused ? 1 : 0));
        if (leak is not null && _leaks.Count < MaxLeaks)
        {
            _leaks.Add(leak);
        }
    }
}
