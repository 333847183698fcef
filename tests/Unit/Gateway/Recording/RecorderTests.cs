using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Recording;

public sealed class RecorderTests : IDisposable
{
    private readonly TemporaryFolder _directory = new();

    private LedgerOptions Options => new() { Directory = _directory.File("ledger"), Origin = "test.example/audit", SegmentBytes = 128 << 10 };

    [Fact]
    public async Task A_session_is_a_chain_of_numbered_records()
    {
        await using (var recorder = await Recorder.StartAsync(Options, "gw-1", "0.1.0"))
        {
            var session = await recorder.StartSessionAsync(Facts("s-1"));
            var intent = session.Intent(Intent());
            await intent.Durable;
            session.Outcome(new OutcomeFacts { IntentIndex = intent.Index, Status = OutcomeStatus.Ok, Rows = 3, Masked = new[] { new MaskedCount(new MaskedColumn(0, "c.p.mrn", "MRN", MaskKind.Token), 3, 0) } });
            await session.EndAsync("client-closed");
            await recorder.StoppedAsync("shutdown");
        }
        var records = await ReadAllAsync();
        Assert.Equal(["gateway.start", "auth.ok", "session.start", "intent", "outcome", "session.end", "gateway.stop"], records.Select(r => r.Record.Kind));
        var chain = records.Where(r => r.Record.Header.Session == "s-1").ToList();
        Assert.Equal([0, 1, 2, 3, 4], chain.Select(r => r.Record.Header.Sequence));
        for (var i = 1; i < chain.Count; i++)
        {
            Assert.Equal(chain[i - 1].Hash.ToString(), chain[i].Record.Header.Previous);
        }
        Assert.Equal(3, records[4].Record.Integer("intent"));
    }

    [Fact]
    public async Task A_crash_is_closed_with_an_unknown_outcome_at_the_next_start()
    {
        var recorder = await Recorder.StartAsync(Options, "gw-1", "0.1.0");
        var session = await recorder.StartSessionAsync(Facts("s-1"));
        var answered = session.Intent(Intent());
        session.Outcome(new OutcomeFacts { IntentIndex = answered.Index, Status = OutcomeStatus.Ok });
        var dangling = session.Intent(Intent());
        await dangling.Durable;
        await recorder.DisposeAsync();
        await using (await Recorder.StartAsync(Options, "gw-1", "0.1.0"))
        {
        }
        var records = await ReadAllAsync();
        var tail = records.Where(r => r.Record.Header.Session == "s-1").TakeLast(2).Select(r => r.Record).ToList();
        Assert.Equal("outcome.unknown", tail[0].Kind);
        Assert.Equal(dangling.Index, tail[0].Integer("intent"));
        Assert.Equal("session.end", tail[1].Kind);
        Assert.Equal("gateway-crash", tail[1].Text("reason"));
        Assert.Equal(tail[0].Header.Sequence + 1, tail[1].Header.Sequence);
        Assert.Equal(2, tail[1].Integer("outcomes"));
    }

    public void Dispose() => _directory.Dispose();

    private async Task<List<(RecordLine Record, LeafHash Hash)>> ReadAllAsync()
    {
        var records = new List<(RecordLine, LeafHash)>();
        await using var ledger = await Ledger.OpenAsync(Options, (_, leaf) => records.Add((RecordLine.Parse(leaf), LeafHash.Of(leaf.Span))));
        return records;
    }

    private static SessionFacts Facts(string id) => new()
    {
        SessionId = id,
        Target = "clinic",
        ClientAddress = "127.0.0.1",
        Tls = "none",
        Protocol = "postgres",
        Principal = new Principal
        {
            Kind = PrincipalKind.Agent,
            Id = "u-1",
            Issuer = "https://issuer.example",
            Subject = "alice",
            Name = "agent-reporting",
            ClientId = "agent-reporting",
            RunId = "run-7",
            ExpiresAt = DateTimeOffset.UnixEpoch,
        },
    };

    private static IntentFacts Intent() => new()
    {
        Command = Recorder.Encode(new Command
        {
            Target = "clinic",
            Class = CommandClass.Read,
            Effects = Effects.None,
            Template = "SELECT * FROM clinic.patients WHERE mrn = $1",
            Relations = [new RelationUse("clinic", "patients", RelationAccess.Read)],
        }),
        PolicyHash = "sha256:00",
        Rule = "grant:reporting",
    };
}
