using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Log;

/// <summary>A small ledger in a folder of its own, and records to put into it.</summary>
internal sealed class TestLedger : IDisposable
{
    public const string Origin = "test.example/audit";

    private readonly TemporaryFolder _folder = new();

    public string Directory => _folder.File("ledger");

    public LedgerOptions Options => new() { Directory = Directory, Origin = Origin, SegmentBytes = 128 << 10 };

    public VerificationKey Key => VerificationKey.Parse(File.ReadAllText(Path.Combine(Directory, "ledger.vkey")));

    public string PathOf(string name) => _folder.File(name);

    public Task<Recorder> StartAsync() => Recorder.StartAsync(Options, "gw-1", "0.1.0");

    /// <summary>
    /// What somebody who has the signing key can do: a ledger of its own, signed with the same key, that holds <paramref name="leaves"/>.
    /// </summary>
    /// <returns>Its directory.</returns>
    public async Task<string> ForgeAsync(IEnumerable<byte[]> leaves, string name = "forged")
    {
        var directory = PathOf(name);
        System.IO.Directory.CreateDirectory(directory);
        File.Copy(Path.Combine(Directory, "ledger.key"), Path.Combine(directory, "ledger.key"));
        await using var ledger = await Ledger.OpenAsync(Options with { Directory = directory });
        foreach (var leaf in leaves)
        {
            ledger.AppendLazily(leaf);
        }
        await ledger.PublishAsync();
        return directory;
    }

    /// <summary>Every record of a ledger that nobody has open.</summary>
    public async Task<List<byte[]>> LeavesAsync()
    {
        var leaves = new List<byte[]>();
        await using var ledger = await Ledger.OpenAsync(Options, (_, leaf) => leaves.Add(leaf.ToArray()));
        return leaves;
    }

    public VerificationResult Verify() => LedgerVerifier.Verify(Directory, Key);

    /// <summary>Writes whole sessions with allowed, masked and refused commands, and an approval in each.</summary>
    public static async Task WriteSessionsAsync(Recorder recorder, int sessions, int commands, string agent = "agent-reporting")
    {
        await recorder.PolicyActivatedAsync(new PolicyFacts
        {
            Hash = "sha256:aa",
            Grants = [new GrantFacts { Name = "reporting", Target = "clinic", Allow = ["read"], Groups = ["reporting-agents"], Schemas = ["clinic"] }],
        });
        for (var i = 0; i < sessions; i++)
        {
            var session = await recorder.StartSessionAsync(Facts($"ses-{agent}-{i}", agent));
            for (var j = 0; j < commands; j++)
            {
                var intent = session.Intent(Intent());
                session.Outcome(Outcome(intent.Index));
            }
            await session.DenyAsync(new DenialFacts { Command = Command("DELETE FROM clinic.patients"), PolicyHash = "sha256:aa", Rule = "unbounded-write", Reason = "rule" });
            await session.ApprovalRequestedAsync(new ApprovalRequestFacts
            {
                ApprovalId = $"apr-{i}",
                Command = Command("UPDATE clinic.patients SET note = $1"),
                PolicyHash = "sha256:aa",
                Rule = "writes",
                ExpiresAt = DateTimeOffset.UnixEpoch,
            });
            await recorder.ApprovalDecidedAsync(new ApprovalDecisionFacts
            {
                ApprovalId = $"apr-{i}",
                SessionId = session.SessionId,
                Approved = true,
                DecidedBy = Person,
            });
            await session.EndAsync("client-closed");
        }
    }

    public static Principal Person { get; } = new()
    {
        Kind = PrincipalKind.Human,
        Id = "u-9",
        Issuer = "https://issuer.example",
        Subject = "rita",
        Name = "rita",
        ExpiresAt = DateTimeOffset.UnixEpoch,
    };

    public static SessionFacts Facts(string id, string agent = "agent-reporting") => new()
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
            Name = agent,
            ClientId = agent,
            RunId = "run-7",
            ExpiresAt = DateTimeOffset.UnixEpoch,
        },
    };

    public static EncodedCommand Command(string template) => Recorder.Encode(new Command
    {
        Target = "clinic",
        Class = CommandClass.Read,
        Effects = Effects.None,
        Template = template,
        Relations = [new RelationUse("clinic", "patients", RelationAccess.Read)],
        PhiColumns = ["clinic.patients.mrn"],
        TouchesPhi = true,
    });

    public static IntentFacts Intent() => new()
    {
        Command = Command("SELECT mrn FROM clinic.patients WHERE mrn = $1"),
        PolicyHash = "sha256:aa",
        Rule = "grant:reporting",
        StatementCommitment = new byte[32],
    };

    public static OutcomeFacts Outcome(long intent) => new()
    {
        IntentIndex = intent,
        Status = OutcomeStatus.Ok,
        Rows = 3,
        Bytes = 120,
        DurationMicroseconds = 900,
        Masked = new[] { new MaskedCount(new MaskedColumn(0, "clinic.patients.mrn", "MRN", new MaskOperator.Token()), 3, 0) },
    };

    public void Dispose() => _folder.Dispose();
}
