using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Server.Storage;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Approvals;

/// <summary>A desk on a real database file, with a journal that keeps what it is told.</summary>
internal sealed class ApprovalFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private ApprovalFixture()
    {
    }

    public ManualTime Time { get; } = new();

    public ListJournal Journal { get; } = new();

    public SqliteDatabase Database { get; private set; } = null!;

    public SqliteApprovalStore Store { get; private set; } = null!;

    public ApprovalDesk Desk { get; private set; } = null!;

    public static async Task<ApprovalFixture> CreateAsync()
    {
        var fixture = new ApprovalFixture();
        await fixture.OpenAsync();
        return fixture;
    }

    /// <summary>Closes everything and opens it again on the same files, as a restart does.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public static Principal Agent(string runId = "run-1", string onBehalfOf = "dana") => new()
    {
        Kind = PrincipalKind.Agent,
        Id = "p_agent",
        Issuer = "https://issuer.test",
        Subject = onBehalfOf,
        ClientId = "agent-reporting",
        Name = "agent-reporting",
        OnBehalfOf = onBehalfOf,
        RunId = runId,
        Groups = ["reporting-agents", "security-officers"],
        ExpiresAt = DateTimeOffset.MaxValue,
    };

    public static Principal Human(string name, params string[] groups) => new()
    {
        Kind = PrincipalKind.Human,
        Id = $"p_{name}",
        Issuer = "https://issuer.test",
        Subject = name,
        Name = name,
        Groups = groups,
        ExpiresAt = DateTimeOffset.MaxValue,
    };

    public static ApprovalQuestion Question(string statement = "UPDATE t SET a = 1 WHERE id = 7", string parameters = "", Principal? requester = null) => new()
    {
        Requester = requester ?? Agent(),
        SessionId = "s_1",
        Command = new Command
        {
            Target = "clinic",
            Class = CommandClass.Write,
            Effects = Effects.Update,
            Template = "UPDATE t SET a = $n WHERE id = $n",
            Relations = [new RelationUse("public", "t", RelationAccess.Write)],
            PhiColumns = ["public.t.a"],
        },
        Verdict = new Verdict.Ask("writes", ["security-officers"], TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(15)),
        PolicyHash = "sha256:0",
        Statement = Encoding.UTF8.GetBytes(statement),
        Parameters = Encoding.UTF8.GetBytes(parameters),
        ShownParameters = parameters.Length > 0 ? [parameters] : ImmutableArray<string>.Empty,
    };

    public async Task<ApprovalTicket> RequestAsync(ApprovalQuestion? question = null) =>
        await Desk.RequestAsync(question ?? Question(), TestContext.Current.CancellationToken);

    public async Task<DecisionOutcome> DecideAsync(ApprovalTicket ticket, ApprovalAnswer answer, Principal? by = null, string reason = "") =>
        await Desk.DecideAsync(ticket.Id, by ?? Human("sam", "security-officers"), answer, reason, TestContext.Current.CancellationToken);

    /// <summary>Until somebody waits with a timer on the manual clock.</summary>
    public async Task WaitUntilHeldAsync()
    {
        while (Time.PendingTimers == 0)
        {
            await Task.Yield();
        }
    }

    /// <summary>Every byte of the database's files, as Latin-1 text.</summary>
    public string StoredText() => string.Concat(Directory.GetFiles(_folder.Path, "gateway.db*").Select(ReadShared));

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    private static string ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    private async Task OpenAsync()
    {
        Database = await SqliteDatabase.OpenAsync(_folder.File("gateway.db"));
        Store = new SqliteApprovalStore(Database);
        var options = new ApprovalDeskOptions { PublicUrl = new Uri("https://gateway.test:8443"), MaxPendingPerRequester = 3, MaxPending = 5 };
        Desk = new ApprovalDesk(Store, Journal, CommandIdentity.LoadOrCreate(_folder.File("approval.key")), options, Time);
        await Desk.LoadAsync(CancellationToken.None);
    }

    private async Task CloseAsync()
    {
        Desk.Dispose();
        await Database.DisposeAsync();
    }
}

/// <summary>Keeps what a ledger would record, as short lines; can fail as a full disk does.</summary>
internal sealed class ListJournal : IApprovalJournal
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public bool Fails { get; set; }

    public ValueTask RequestedAsync(Approval approval, Command command) => Add($"requested {approval.Id}");

    public ValueTask DecidedAsync(Approval decided, Principal by) => Add($"{decided.State} {decided.Id} by {by.Id}");

    public ValueTask DecisionRefusedAsync(Approval approval, ApprovalAnswer answer, Principal by, string why) => Add($"refused {answer} {approval.Id} by {by.Id}");

    public ValueTask ExpiredAsync(Approval approval) => Add($"expired {approval.Id}");

    public ValueTask StandingEndedAsync(Approval ended, long uses, Principal? by) => Add($"{ended.EndReason} {ended.Id} after {uses} by {by?.Id ?? "nobody"}");

    private ValueTask Add(string line)
    {
        if (Fails)
        {
            throw new IOException("The ledger cannot be written.");
        }
        _lines.Enqueue(line);
        return ValueTask.CompletedTask;
    }
}
