using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Api;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Explain;
using Sallyport.Gateway.Protocols.Postgres.Local;
using Sallyport.Gateway.Protocols.Postgres.SelfTests;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Tokens;
using Sallyport.Gateway.Transport;
using Sallyport.Server.Access;
using Sallyport.Server.Endpoints;
using Sallyport.Server.Hosting;
using Sallyport.Server.Mcp;
using Sallyport.Server.Metrics;
using Sallyport.Server.Notifications;
using Sallyport.Server.Storage;
using Sallyport.Unit.Gateway.Access;
using Sallyport.Unit.Gateway.Approvals;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server;

/// <summary>The API on a loopback port. A token is the name of one of <see cref="People"/>.</summary>
internal sealed class ApiFixture : IAsyncDisposable
{
    public static readonly IReadOnlyDictionary<string, Principal> People = new[]
    {
        ApprovalFixture.Agent(),
        ApprovalFixture.Agent() with { Id = "p_agent2", Name = "agent-2", Subject = "agent-2", OnBehalfOf = "" },
        ApprovalFixture.Human("dana", "developers"),
        ApprovalFixture.Human("sam", "security-officers"),
        ApprovalFixture.Human("olga", "operators"),
        ApprovalFixture.Human("aron", "auditors"),
        ApprovalFixture.Human("nina", "staff"),
    }.ToDictionary(person => person.Name);

    private readonly TemporaryFolder _folder;

    private ApiFixture(ApprovalFixture approvals, WebApplication app, GatewayMetrics metrics, Recorder recorder, SessionRegistry sessions, TemporaryFolder folder)
    {
        _folder = folder;
        Approvals = approvals;
        Recorder = recorder;
        Sessions = sessions;
        App = app;
        Metrics = metrics;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Http = new HttpClient { BaseAddress = new Uri(address) };
    }

    public ApprovalFixture Approvals { get; }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public GatewayMetrics Metrics { get; }

    public Recorder Recorder { get; }

    public SessionRegistry Sessions { get; }

    public string? Obstacle { get; set; }

    /// <summary>Who is let in no more.</summary>
    public required TokenRevocations Disabled { get; init; }

    public static async Task<ApiFixture> CreateAsync()
    {
        var approvals = await ApprovalFixture.CreateAsync();
        var roles = new RoleMap(new RolesConfiguration
        {
            Developer = ["developers"],
            Reviewer = ["security-officers"],
            Operator = ["operators"],
            Auditor = ["auditors"],
        });
        var metrics = new GatewayMetrics();
        var folder = new TemporaryFolder();
        var ledger = new LedgerOptions { Directory = folder.File("ledger"), Origin = "gateway.test", SegmentBytes = 1 << 20 };
        var recorder = await Recorder.StartAsync(ledger, "node", "test", TestContext.Current.CancellationToken);
        var sessions = new SessionRegistry(new SessionLimits(), TimeProvider.System);
        var transport = TransportEngine.Create(new TransportOptions { Kind = TransportKind.Socket });
        var policy = new PolicyEngine(Snapshot(), TimeProvider.System);
        var disabled = new TokenRevocations();
        ApiFixture? fixture = null;
        var app = ApiApplication.Build(new IPEndPoint(IPAddress.Loopback, 0), certificate: null, TimeSpan.FromSeconds(5), builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<TokenCheck>((token, _, _, _) => ValueTask.FromResult(Check(token)));
            builder.Services.AddSingleton<Func<RoleMap>>(() => roles);
            builder.Services.AddSingleton(approvals.Desk);
            builder.Services.AddSingleton(policy);
            builder.Services.AddSingleton(_ => UsageBudgets.InMemory(TimeProvider.System));
            builder.Services.AddSingleton(_ => new NotificationDesk([], static _ => throw new InvalidOperationException("no channel is configured"), metrics, TimeProvider.System));
            builder.Services.AddSingleton(_ => new ExportDesk(recorder.Ledger, new SqliteExports(approvals.Database), metrics, TimeProvider.System));
            builder.Services.AddSingleton(metrics);
            builder.Services.AddSingleton<PrometheusText>();
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton(recorder);
            builder.Services.AddSingleton(recorder.Ledger);
            builder.Services.AddSingleton(sessions);
            builder.Services.AddSingleton(_ => transport);
            builder.Services.AddSingleton(_ => new FloorKeeper(new PostgresTargets(), policy, recorder, transport, TimeProvider.System));
            builder.Services.AddSingleton(_ => new Authenticator([], 1024, TimeProvider.System, NullLogger<Authenticator>.Instance));
            builder.Services.AddSingleton(new DoorsResource { Postgres = new DoorResource { Host = "gateway.example", Port = 6432, Tls = true } });
            builder.Services.AddSingleton<ITokenStore>(new SqliteTokens(approvals.Database));
            builder.Services.AddSingleton(services => new TokenRevoker(
                new TokenRevocations(), services.GetRequiredService<ITokenStore>(), recorder, sessions, new CommandIdentity(new byte[32]), TimeProvider.System));
            builder.Services.AddSingleton(_ => TokenKeyRing.LoadOrCreate(folder.File("token.keys"), TimeProvider.System.GetUtcNow()));
            builder.Services.AddSingleton(services => new TokenExchanger(
                "https://gateway.example",
                services.GetRequiredService<Authenticator>(),
                services.GetRequiredService<TokenKeyRing>(),
                services.GetRequiredService<ITokenStore>(),
                recorder,
                () => new TokenOptions(),
                TimeProvider.System));
            builder.Services.AddSingleton(services => new SelfTester(
                new PostgresTargets(), policy, services.GetRequiredService<Authenticator>(), approvals.Desk, recorder, metrics, transport, TimeProvider.System));
            builder.Services.AddSingleton(_ => new StatementExplainer(new PostgresTargets(), policy, recorder, sessions, metrics, transport, TimeProvider.System));
            builder.Services.AddSingleton(_ => new PrincipalDesk(
                disabled, new SqlitePrincipals(approvals.Database), recorder, sessions, approvals.Desk, new CommandIdentity(new byte[32]), TimeProvider.System));
            builder.Services.AddSingleton(new SqliteActivity(approvals.Database));
            builder.Services.AddSingleton(new SqliteSessions(approvals.Database));
            builder.Services.AddSingleton<SessionIndex>();
            builder.Services.AddHostedService(static services => services.GetRequiredService<SessionIndex>());
            builder.Services.AddSingleton<Func<PolicyState>>(() => new PolicyState(policy.Current.Hash, DateTimeOffset.UnixEpoch, new RefusedPolicy("bad", 2, DateTimeOffset.UnixEpoch)));
            builder.Services.AddSingleton(_ => new AccessDesk(
                new SqliteAccessStore(approvals.Database), new AccessJournal(recorder.Access, metrics), policy, new CommandIdentity(new byte[32]), new AccessDeskOptions(), TimeProvider.System));
            builder.Services.AddSingleton(new PublicAddress(new Uri("https://gateway.example.test")));
            builder.Services.AddSingleton<Func<LocalDoor>>(static () => throw new InvalidOperationException("there is no data plane here"));
            McpTools.Register(builder.Services);
            builder.Services.AddSingleton(new Readiness([() => fixture?.Obstacle]));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return fixture = new ApiFixture(approvals, app, metrics, recorder, sessions, folder) { Disabled = disabled };
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? person = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (person is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person);
        }
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A live session of one of <see cref="People"/> that ends when it is told to.</summary>
    public async Task<Session> StartSessionAsync(string person, string id)
    {
        var recorder = await Recorder.StartSessionAsync(new SessionFacts
        {
            SessionId = id,
            Target = "clinic",
            Principal = People[person],
            ClientAddress = "192.0.2.1",
            Tls = "none",
            Protocol = "postgres",
        });
        Session? session = null;
        session = new Session
        {
            Id = id,
            Principal = People[person],
            Target = "clinic",
            Client = new IPEndPoint(IPAddress.Loopback, 1),
            StartedAt = TimeProvider.System.GetUtcNow(),
            Recorder = recorder,
            End = end => Ending = EndAsync(session!, end),
            CheckClient = static () => { },
            IsBusy = static () => false,
        };
        Sessions.Add(session);
        return session;
    }

    public async Task EndAsync(Session session, SessionEnd end)
    {
        Ends.Add(end);
        await session.Recorder.EndAsync(end.Code);
        Sessions.Remove(session);
    }

    /// <summary>Completes when the session that was told last is over.</summary>
    public Task Ending { get; private set; } = Task.CompletedTask;

    /// <summary>What sessions were told when they were ended.</summary>
    public List<SessionEnd> Ends { get; } = [];

    public Task<HttpResponseMessage> GetAsync(string path, string? person = null) => SendAsync(HttpMethod.Get, path, person);

    public Task<HttpResponseMessage> PostAsync(string path, string? person, string? body = null) => SendAsync(HttpMethod.Post, path, person, body);

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
        Metrics.Dispose();
        Sessions.Dispose();
        await Recorder.DisposeAsync();
        await Approvals.DisposeAsync();
        _folder.Dispose();
    }

    private static PolicySnapshot Snapshot() => new(
        "h", [new TargetPolicy(PolicyMaker.Target, PhiMap.Empty, [])], [PolicyMaker.Grant("reporting", "reporting-agents", CommandClass.Read)], [])
    {
        Access = new AccessRules
        {
            Rules = [AccessFixture.Reads with { Approvers = [["security-officers"]], Quorum = 1 }],
            BreakGlass = [AccessFixture.Night with { Groups = ["operators"] }],
        },
    };

    private static AuthenticationResult Check(string token) => People.TryGetValue(token, out var person)
        ? new AuthenticationResult.Accepted(person)
        : new AuthenticationResult.Refused(AuthenticationFailure.Expired, "The token has expired; get a new one.");
}
