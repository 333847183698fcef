using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Tokens;
using Sallyport.Server.Storage;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Tokens;

/// <summary>A gateway that exchanges tokens of people (<see cref="FakeIssuer.Name"/>) and of workloads (<see cref="Pipelines"/>).</summary>
internal sealed class ExchangeFixture : IAsyncDisposable
{
    public const string Gateway = "https://gateway.example";
    public const string Pipelines = "https://ci.example";
    public const string Trust = "spiffe://clinic.example";

    private readonly TemporaryFolder _folder;
    private readonly SqliteDatabase _database;
    private readonly SessionRegistry _sessions;
    private readonly Recorder _recorder;

    private ExchangeFixture(TemporaryFolder folder, SqliteDatabase database, Recorder recorder, ManualTime time)
    {
        Time = time;
        _folder = folder;
        _database = database;
        _recorder = recorder;
        _sessions = new SessionRegistry(new SessionLimits(), time);
        var store = new SqliteTokens(database);
        Store = store;
        var revocations = new TokenRevocations();
        Keys = TokenKeyRing.LoadOrCreate(_folder.File("token.keys"), time.GetUtcNow());
        Authenticator = new Authenticator([.. Issuers(), GatewayIssuer.Of(Gateway, Keys)], Authenticator.DefaultMaxTokenBytes, time, NullLogger<Authenticator>.Instance, Issuer, revocations);
        Exchanger = new TokenExchanger(Gateway, Authenticator, Keys, store, recorder, () => Options, time);
        Revoker = new TokenRevoker(revocations, store, recorder, _sessions, new CommandIdentity(new byte[32]), time);
    }

    public ManualTime Time { get; }

    public ITokenStore Store { get; }

    public FakeIssuer Issuer { get; } = new();

    public Recorder Recorder => _recorder;

    public TokenKeyRing Keys { get; }

    public Authenticator Authenticator { get; }

    public TokenExchanger Exchanger { get; }

    public TokenRevoker Revoker { get; }

    public TokenOptions Options { get; set; } = new()
    {
        Delegations =
        [
            new Delegation { Name = "ci", Agents = [new PrincipalMatch { Name = "clinic/app", Issuer = Pipelines }], Humans = ["clinicians"], Ceiling = ["clinicians", "pipelines"] },
            new Delegation { Name = "nightly", Agents = [new PrincipalMatch { Name = "clinic/nightly" }], MayBeAlone = true },
            new Delegation { Name = "svid", Agents = [new PrincipalMatch { Name = Trust + "/agent" }], Humans = ["clinicians"] },
            new Delegation { Name = "laptops", Agents = [new PrincipalMatch { Name = "coder" }], Humans = ["reviewers"], MayBeDeclared = true },
        ],
    };

    public static async Task<ExchangeFixture> CreateAsync()
    {
        var folder = new TemporaryFolder();
        var time = new ManualTime();
        var options = new LedgerOptions { Directory = folder.File("ledger"), Origin = "gateway.test", SegmentBytes = 1 << 20 };
        var recorder = await Recorder.StartAsync(options, "node", "test", TestContext.Current.CancellationToken);
        return new ExchangeFixture(folder, await SqliteDatabase.OpenAsync(folder.File("gateway.db")), recorder, time);
    }

    /// <summary>A person's token; alice is in the groups clinicians and reviewers.</summary>
    public string Human(Action<JsonObject>? change = null) => Signed(FakeIssuer.Claims(Time.GetUtcNow()), claims =>
    {
        claims.Remove("run_id");
        change?.Invoke(claims);
    });

    /// <summary>A pipeline's token, with the claims GitHub gives one.</summary>
    public string Pipeline(string repository = "clinic/app", Action<JsonObject>? change = null) => Signed(FakeIssuer.Claims(Time.GetUtcNow()), claims =>
    {
        claims["iss"] = Pipelines;
        claims["sub"] = $"repo:{repository}:ref:refs/heads/main";
        claims["repository"] = repository;
        claims["groups"] = new JsonArray("pipelines");
        claims["jti"] = Guid.NewGuid().ToString();
        claims.Remove("client_id");
        claims.Remove("run_id");
        change?.Invoke(claims);
    });

    public string Svid() => Signed(FakeIssuer.Claims(Time.GetUtcNow()), claims =>
    {
        foreach (var name in (string[])["iss", "client_id", "groups", "run_id", "nbf"])
        {
            claims.Remove(name);
        }
        claims["sub"] = Trust + "/agent";
    }, "JOSE");

    public async Task<ExchangeResult> ExchangeAsync(
        string subject, string actor = "", string declared = "", string run = "", TimeSpan? lifetime = null, string certificate = "", string[]? audiences = null) =>
        await Exchanger.ExchangeAsync(
            new ExchangeRequest
            {
                SubjectToken = subject,
                SubjectTokenType = ExchangeRequest.AccessTokenType,
                ActorToken = actor,
                ActorTokenType = actor.Length > 0 ? ExchangeRequest.JwtType : "",
                DeclaredActor = declared,
                RunId = run,
                Lifetime = lifetime,
                Certificate = certificate,
                Audiences = audiences ?? [],
                ClientAddress = "192.0.2.1",
            },
            TestContext.Current.CancellationToken);

    public async Task<ExchangeResult.Issued> IssueAsync(
        string subject, string actor = "", string declared = "", string run = "", TimeSpan? lifetime = null, string certificate = "")
    {
        var result = await ExchangeAsync(subject, actor, declared, run, lifetime, certificate);
        Assert.True(result is ExchangeResult.Issued, result.ToString());
        return (ExchangeResult.Issued)result;
    }

    /// <summary>What a door makes of a token.</summary>
    public ValueTask<AuthenticationResult> AtTheDoorAsync(string token, string certificate = "") =>
        Authenticator.AuthenticateAsync(token, TokenUse.Door, certificate, TestContext.Current.CancellationToken);

    public async Task<Principal> EnterAsync(string token, string certificate = "") =>
        Assert.IsType<AuthenticationResult.Accepted>(await AtTheDoorAsync(token, certificate)).Principal;

    /// <summary>A field of all durable records of a kind.</summary>
    /// <summary>Everything durable as text.</summary>
    public string LedgerText()
    {
        var text = new StringBuilder();
        using var reader = new LogReader(Path.Combine(_recorder.Ledger.Directory, "wal"), 0);
        reader.ReadTo(_recorder.Ledger.DurableRecords, (_, leaf) => text.Append(Encoding.UTF8.GetString(leaf.Span)));
        return text.ToString();
    }

    public List<string> Recorded(string kind, string field)
    {
        var found = new List<string>();
        using var reader = new LogReader(Path.Combine(_recorder.Ledger.Directory, "wal"), 0);
        reader.ReadTo(_recorder.Ledger.DurableRecords, (_, leaf) =>
        {
            var line = RecordLine.Parse(leaf.ToArray());
            if (line.Kind == kind)
            {
                found.Add(line.Text(field));
            }
        });
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        Authenticator.Dispose();
        Keys.Dispose();
        _sessions.Dispose();
        Issuer.Dispose();
        await _recorder.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    private string Signed(JsonObject claims, Action<JsonObject> change, string type = "JWT")
    {
        change(claims);
        return Issuer.Sign(claims, type: type);
    }

    private static IssuerOptions[] Issuers() =>
    [
        new() { Issuer = FakeIssuer.Name, Audiences = ["sallyport"] },
        new()
        {
            Issuer = Pipelines, Audiences = ["sallyport"], KeysAddress = new Uri(Pipelines + "/keys"), IsAgentsOnly = true, AgentNameClaim = "repository",
            IsForExchangeOnly = true, IsOneTime = true,
        },
        new() { Issuer = Trust, Audiences = ["sallyport"], KeysAddress = new Uri(Pipelines + "/keys"), IsAgentsOnly = true },
    ];
}
