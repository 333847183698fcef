using Sallyport.Tools.Fuzzer.Generation;
using Sallyport.Tools.Fuzzer.Systems;
using Sallyport.Tools.Fuzzer.Wire;

namespace Sallyport.Tools.Fuzzer.Runs;

/// <summary>A pair of sessions that are given the same statements.</summary>
internal sealed class Worker(int number, Twins twins, Run run) : IDisposable
{
    private const int CasesPerSession = 150;
    private const int CasesPerDatabase = 3000;

    /// <summary>Sessions remember; a difference that needs no memory is easier to understand.</summary>
    private const int MaxTrials = 250;

    private Client[]? _clients;
    private int _cases;
    private int _casesOfDatabase;

    /// <summary>Runs one case in the sessions that are open, and looks into any difference.</summary>
    public async Task RunAsync(int caseNumber, Case @case)
    {
        if (++_casesOfDatabase > CasesPerDatabase)
        {
            Disconnect();
            await twins.RenewAsync(number);
            _casesOfDatabase = 0;
        }

        var (first, second) = await AnswersAsync(@case, fresh: false);
        run.Tally.Count(@case.Steps.Count, first);
        if (first.Matches(second))
        {
            return;
        }

        Disconnect();
        var difference = first.FirstDifference(second);
        var again = await AnswersAsync(@case, fresh: true);
        if (again.First.Matches(again.Second))
        {
            // Only what came before in the session, or chance, made it differ.
            run.Tally.CountNoise();
            await run.NoteAsync($"case {caseNumber}: differed once, not in a new session\n{Both(difference)}\n{@case}");
            return;
        }

        var third = await AnswersAsync(@case, fresh: true);
        if (!again.First.Matches(third.First) || !again.Second.Matches(third.Second))
        {
            run.Tally.CountNoise();
            await run.NoteAsync($"case {caseNumber}: answers differently every time\n{Both(again.First.FirstDifference(third.First))}\n{@case}");
            return;
        }

        if (IsErrorBit(again.First, again.Second))
        {
            run.Tally.CountErrorBit();
            if (run.WantsErrorBit(@case))
            {
                var smallest = await ShrinkAsync(@case, IsErrorBit);
                await run.NoteErrorBitAsync($"--# error bit, case {caseNumber}\n{smallest}/* {Both(again.First.FirstDifference(again.Second))}\n*/");
            }

            return;
        }

        await ReportAsync(caseNumber, @case);
    }

    /// <summary>What both sides answer.</summary>
    public async Task<(Transcript First, Transcript Second)> AnswersAsync(Case @case, bool fresh)
    {
        if (fresh || _clients is null || ++_cases > CasesPerSession)
        {
            Disconnect();
            _clients = await twins.ConnectAsync(number);
        }

        var clients = _clients;
        var answers = await Task.WhenAll(clients.Select((client, i) => Exchange.RunAsync(client, @case, second: i == 1)));
        var (first, second) = (new Transcript(answers[0], @case, second: false, run.LastOid), new Transcript(answers[1], @case, second: true, run.LastOid));
        if (first.IsClosed || second.IsClosed || fresh)
        {
            Disconnect();
        }

        return (first, second);
    }

    public void Dispose() => Disconnect();

    public static string Both((string Here, string There) difference) => $"  first:  {Cut(difference.Here)}\n  second: {Cut(difference.There)}";

    /// <summary>One side fails where the other goes on, later, or with another code: a bit of what the statement computed.</summary>
    private static bool IsErrorBit(Transcript first, Transcript second)
    {
        var (here, there) = first.FirstDifference(second);
        return IsWithheld(here) || IsWithheld(there) ? !IsRefusal(here) && !IsRefusal(there) : IsBareError(here) != IsBareError(there);
    }

    private static bool IsError(string line) => line.StartsWith("E ", StringComparison.Ordinal);

    private static bool IsRefusal(string line) => IsError(line) && line.Contains("NOT EXECUTED", StringComparison.Ordinal);

    private static bool IsWithheld(string line) => IsError(line) && line.Contains("withheld", StringComparison.Ordinal);

    private static bool IsBareError(string line) => IsError(line) && !IsRefusal(line);

    private static string Cut(string line) => line.Length > 600 ? line[..600] + "..." : line;

    private async Task ReportAsync(int caseNumber, Case @case)
    {
        var smallest = run.WantsFind(@case) ? await ShrinkAsync(@case, (a, b) => !a.Matches(b) && !IsErrorBit(a, b)) : @case;
        var (first, second) = await AnswersAsync(smallest, fresh: true);
        await run.FoundAsync(caseNumber, @case, smallest, first, second);
    }

    /// <summary>The smallest case found that still shows it.</summary>
    private async Task<Case> ShrinkAsync(Case @case, Func<Transcript, Transcript, bool> shows)
    {
        var trials = 0;
        for (var progress = true; progress && trials < MaxTrials;)
        {
            progress = false;
            foreach (var smaller in @case.Smaller())
            {
                if (++trials > MaxTrials)
                {
                    break;
                }

                var (first, second) = await AnswersAsync(smaller, fresh: true);
                if (!first.Matches(second) && shows(first, second))
                {
                    (@case, progress) = (smaller, true);
                    break;
                }
            }
        }

        return @case;
    }

    private void Disconnect()
    {
        foreach (var client in _clients ?? [])
        {
            client.Dispose();
        }

        _clients = null;
        _cases = 0;
    }
}
