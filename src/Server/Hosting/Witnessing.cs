using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Evidence.Witnessing;
using Sallyport.Gateway.Recording;

namespace Sallyport.Server.Hosting;

/// <summary>
/// Has the ledger's newest head cosigned every ten seconds. A quorum that is late is recorded, once when it is late and once when it is back. A
/// witness that has seen more of this ledger than there is ends the ledger: it was rolled back.
/// </summary>
internal sealed partial class Witnessing(Recorder recorder, LedgerCosigner cosigner, TimeProvider time, ILogger<Witnessing> logger) : BackgroundService
{
    public const int MaxPolicyBytes = 256 << 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(60);

    private readonly long _start = time.GetTimestamp();
    private long? _lastQuorum;
    private long _witnessed;
    private bool _isLate;

    /// <summary>How long ago the witnesses' quorum last cosigned, or since the start.</summary>
    public TimeSpan Age => time.GetElapsedTime(_lastQuorum ?? _start);

    /// <summary>Reads a policy file and makes the cosigner of a ledger.</summary>
    /// <exception cref="InvalidDataException">The file is no policy, or not one for this ledger.</exception>
    public static LedgerCosigner Open(string file, Ledger ledger)
    {
        try
        {
            var bytes = new FileInfo(file).Length <= MaxPolicyBytes ? File.ReadAllBytes(file) : throw new FormatException("it is too long");
            return new LedgerCosigner(ledger, TrustPolicy.Parse(bytes));
        }
        catch (Exception problem) when (problem is FormatException or ArgumentException)
        {
            throw new InvalidDataException($"The witness policy {file}: {problem.Message}", problem);
        }
    }

    /// <summary>Asks the witnesses now.</summary>
    public async Task CosignAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var result = await cosigner.CosignAsync(cancellationToken);
        if (result.SeenSize is { } seen)
        {
            RolledBack(seen, result.Head.Size);
            recorder.Ledger.Refuse(new LedgerCorruptException($"A witness has cosigned {seen} records of this ledger, which has only {result.Head.Size}: it was rolled back."));
            return;
        }
        if (result.HasQuorum)
        {
            await ClosedAsync(asked, result);
        }
        else
        {
            await LateAsync(result);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await CosignAsync(stoppingToken);
            }
            catch (LedgerUnavailableException)
            {
                // Nothing can be recorded any more; everything else is refused for the same reason.
                return;
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                Failed(problem);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ClosedAsync(long asked, CosignResult result)
    {
        var age = Age;
        (_lastQuorum, _witnessed) = (asked, result.Head.Size);
        if (_isLate)
        {
            _isLate = false;
            await recorder.WitnessGapAsync(isOpen: false, _witnessed, age);
            Back(_witnessed);
        }
    }

    private async Task LateAsync(CosignResult result)
    {
        if (_isLate || Age < LateAfter)
        {
            return;
        }
        _isLate = true;
        Late((long)Age.TotalSeconds, string.Join("; ", result.Problems));
        await recorder.WitnessGapAsync(isOpen: true, _witnessed, Age);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "A witness has cosigned {Seen} records of this ledger, which has only {Records}: it was rolled back. Nothing is served")]
    private partial void RolledBack(long seen, long records);

    [LoggerMessage(Level = LogLevel.Error, Message = "No quorum of witnesses has cosigned the ledger for {Seconds} s: {Problems}")]
    private partial void Late(long seconds, string problems);

    [LoggerMessage(Level = LogLevel.Information, Message = "The witnesses are back; {Records} records are cosigned")]
    private partial void Back(long records);

    [LoggerMessage(Level = LogLevel.Error, Message = "The ledger could not be cosigned")]
    private partial void Failed(Exception problem);
}
