using System.Globalization;
using Sallyport.Tools.Fuzzer.Generation;
using Sallyport.Tools.Fuzzer.Systems;

namespace Sallyport.Tools.Fuzzer.Runs;

/// <summary>One seed: starts both sides, runs cases until time is up, keeps what differs.</summary>
internal sealed class Run(Options options, ulong seed)
{
    /// <summary>More differences than this are of few kinds: the run ends.</summary>
    private const int MaxFinds = 40;

    private const int MaxShrunkFinds = 15;
    private const int MaxShrunkErrorBits = 30;
    private const int MaxNotes = 200;

    private readonly SemaphoreSlim _writing = new(1);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private int _next;
    private int _shrunkFinds;
    private int _shrunkErrorBits;
    private int _notes;

    public Tally Tally { get; } = new();

    public uint LastOid { get; private set; }

    public async Task ExecuteAsync(TimeSpan time)
    {
        await using var twins = await Twins.StartAsync(options, seed);
        var (callables, relations) = await ReadCatalogueAsync(twins);
        Case Make(int number) => new Generator(callables, relations, Prng.For(seed, 0, (ulong)number)).Make();
        if (options.Replay is { } file)
        {
            await ReplayAsync(twins, await File.ReadAllTextAsync(file));
            return;
        }

        if (options.Case is { } only)
        {
            await ShowAsync(twins, Make(only));
            return;
        }

        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, options.Workers).Select(async number =>
        {
            using var worker = new Worker(number, twins, this);
            while (TimeProvider.System.GetElapsedTime(started) < time && Tally.Unexplained < (options.StopAtFind ? 1 : MaxFinds) && twins.AreAlive)
            {
                var caseNumber = Interlocked.Increment(ref _next);
                var made = Make(caseNumber);
                try
                {
                    await worker.RunAsync(caseNumber, made);
                }
                catch (Exception problem)
                {
                    // Whatever ends the run is found again by this.
                    throw new InvalidOperationException($"seed {seed} case {caseNumber} ended the run:\n{made}", problem);
                }
            }
        }));
        Elapsed = TimeProvider.System.GetElapsedTime(started);
        Assert.True(twins.AreAlive, "a gateway has ended:\n" + twins.GatewayLogs);
    }

    public TimeSpan Elapsed { get; private set; }

    public bool WantsFind(Case @case) => @case.Size < 2000 && Interlocked.Increment(ref _shrunkFinds) <= MaxShrunkFinds;

    public bool WantsErrorBit(Case @case) => @case.Size < 2000 && Interlocked.Increment(ref _shrunkErrorBits) <= MaxShrunkErrorBits;

    /// <summary>Keeps an unexplained difference, in a file of its own unless the same case is known.</summary>
    public async Task FoundAsync(int number, Case original, Case smallest, Transcript first, Transcript second)
    {
        Tally.CountUnexplained();
        var difference = Worker.Both(first.FirstDifference(second));
        await _writing.WaitAsync();
        try
        {
            if (!_known.Add(smallest.ToString()))
            {
                return;
            }

            Directory.CreateDirectory(options.Finds);
            var file = Path.Combine(options.Finds, $"{seed}-{number}.txt");
            await File.WriteAllTextAsync(file, $"--# seed {seed} case {number}\n{smallest}\n/* differs in\n{difference}\n*/\n/* found as\n{original}*/\n");
            Console.WriteLine($"FOUND seed {seed} case {number}: {file}\n{smallest}{difference}");
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Keeps what is no find, for whoever wants to know.</summary>
    public Task NoteAsync(string text) => Interlocked.Increment(ref _notes) > MaxNotes ? Task.CompletedTask : AppendAsync($"notes-{seed}.txt", text);

    /// <summary>Keeps an example of an error that tells the databases apart.</summary>
    public Task NoteErrorBitAsync(string text) => AppendAsync($"error-bits-{seed}.txt", text);

    private async Task AppendAsync(string file, string text)
    {
        await _writing.WaitAsync();
        try
        {
            Directory.CreateDirectory(options.Finds);
            await File.AppendAllTextAsync(Path.Combine(options.Finds, file), text + "\n\n");
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task<(Callables Callables, IReadOnlyList<Relation> Relations)> ReadCatalogueAsync(Twins twins)
    {
        using var administrator = await twins.AdministerAsync();
        var last = await administrator.RowsAsync("SELECT max(oid::bigint) FROM (SELECT oid FROM pg_class UNION ALL SELECT oid FROM pg_database UNION ALL SELECT oid FROM pg_type) AS o");
        LastOid = uint.Parse(last[0][0]!, CultureInfo.InvariantCulture);
        return (await Callables.ReadAsync(administrator), await Relations.ReadAsync(administrator));
    }

    private async Task ReplayAsync(Twins twins, string text)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var worker = new Worker(0, twins, this);
        var number = 0;
        foreach (var (title, @case) in CaseFile.Parse(text))
        {
            var before = Tally.Unexplained + Tally.ErrorBits;
            await worker.RunAsync(++number, @case);
            Console.WriteLine($"{(Tally.Unexplained + Tally.ErrorBits > before ? "DIFFERS" : "alike")}: {title}");
        }

        Elapsed = TimeProvider.System.GetElapsedTime(started);
    }

    private async Task ShowAsync(Twins twins, Case @case)
    {
        using var worker = new Worker(0, twins, this);
        var (first, second) = await worker.AnswersAsync(@case, fresh: true);
        Console.WriteLine($"{@case}\n--- first\n{string.Join('\n', first.Lines)}\n--- second\n{(first.Matches(second) ? "the same" : string.Join('\n', second.Lines))}");
        if (!first.Matches(second))
        {
            Tally.CountUnexplained();
        }
    }
}
