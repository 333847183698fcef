using Sallyport.Evidence.Log;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;

namespace Sallyport.LedgerWriter;

/// <summary>Sessions under load, for a test that kills the process.</summary>
internal static class Sessions
{
    private const int Writers = 32;
    private const int CommandsPerSession = 50;
    private const long SegmentBytes = 1 << 20;

    private static readonly Lock Output = new();

    /// <summary>Options that make segments roll often.</summary>
    public static LedgerOptions Options(string directory, long segmentBytes = SegmentBytes) =>
        new() { Directory = directory, Origin = "writer.example/audit", SegmentBytes = segmentBytes };

    public static async Task WriteForeverAsync(string directory)
    {
        var recorder = await Recorder.StartAsync(Options(directory), "writer", "0");
        var run = Guid.NewGuid().ToString("N")[..8];
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(recorder, $"{run}-{writer}")));
    }

    public static SessionFacts Facts(string session) => new()
    {
        SessionId = session,
        Target = "clinic",
        ClientAddress = "127.0.0.1",
        Tls = "none",
        Protocol = "postgres",
        Principal = new Principal
        {
            Kind = PrincipalKind.Agent,
            Id = "u-1",
            Issuer = "https://issuer.example",
            Subject = "writer",
            Name = "writer",
            ClientId = "writer",
            ExpiresAt = DateTimeOffset.UnixEpoch,
        },
    };

    public static IntentFacts Intent(string? approval = null) => new() { Command = Command, PolicyHash = "sha256:00", Rule = "grant:writer", ApprovalId = approval };

    private static EncodedCommand Command { get; } = Recorder.Encode(new Command
    {
        Target = "clinic",
        Class = CommandClass.Read,
        Effects = Effects.None,
        Template = "SELECT id, mrn, first_name FROM clinic.patients WHERE mrn = $1 LIMIT 10",
        Relations = [new RelationUse("clinic", "patients", RelationAccess.Read)],
    });

    private static async Task WriteAsync(Recorder recorder, string name)
    {
        for (var round = 0; ; round++)
        {
            var session = await recorder.StartSessionAsync(Facts($"{name}-{round}"));
            for (var i = 0; i < CommandsPerSession; i++)
            {
                var id = $"{name}-{round}-{i}";
                var intent = session.Intent(Intent(id));
                await intent.Durable;
                lock (Output)
                {
                    Console.WriteLine($"{intent.Index} {id};");
                }
                session.Outcome(new OutcomeFacts { IntentIndex = intent.Index, Status = OutcomeStatus.Ok, Rows = 1 });
            }
            await session.EndAsync("client-closed");
        }
    }
}
