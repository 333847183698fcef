using System.Collections.Concurrent;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Server.Storage;
using Sallyport.Unit.Gateway.Approvals;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Access;

/// <summary>An access desk on a real database file, with a journal that keeps what it is told.</summary>
internal sealed class AccessFixture : IAsyncDisposable
{
    public static readonly AccessRule Reads = new()
    {
        Name = "reads",
        Groups = ["reporting-agents"],
        Targets = ["clinic"],
        Most = new AccessScope { Allow = [CommandClass.Read], Schemas = ["clinic"], Unmasked = ["clinic.patients.mrn"] },
        Approvers = [["security-officers"], ["owners", "dpo"]],
        Quorum = 2,
        MaxLength = TimeSpan.FromHours(8),
        Expires = TimeSpan.FromMinutes(30),
    };

    public static readonly AccessRule Quick = Reads with
    {
        Name = "quick",
        Groups = ["quick-agents"],
        Approvers = [],
        Quorum = 1,
        IsAutomatic = true,
        MaxLength = TimeSpan.FromMinutes(10),
    };

    public static readonly BreakGlassRule Night = new()
    {
        Name = "night",
        Groups = ["responders"],
        Target = "clinic",
        Scope = new AccessScope { Allow = [CommandClass.Read, CommandClass.Write], Schemas = ["clinic"] },
        Length = TimeSpan.FromHours(1),
        Reviewers = ["security-officers"],
        ReviewWithin = TimeSpan.FromHours(24),
    };

    private readonly TemporaryFolder _folder = new();
    private CommandIdentity _commitments = null!;

    public ManualTime Time { get; } = new();

    public AccessRules Rules { get; private set; } = new() { Rules = [Quick, Reads], BreakGlass = [Night] };

    public AccessLog Journal { get; } = new();

    public SqliteDatabase Database { get; private set; } = null!;

    public PolicyEngine Policy { get; private set; } = null!;

    public AccessDesk Desk { get; private set; } = null!;

    public List<AccessGrant> Ended { get; } = [];

    /// <summary>Ids of the requests and emergencies that people were told of.</summary>
    public List<string> Told { get; } = [];

    public static async Task<AccessFixture> CreateAsync()
    {
        var fixture = new AccessFixture();
        await fixture.OpenAsync();
        return fixture;
    }

    public static Principal Agent(string group = "reporting-agents", string onBehalfOf = "dana") => ApprovalFixture.Agent(onBehalfOf: onBehalfOf) with { Groups = [group, "security-officers", "owners"] };

    public static Principal Human(string name, params string[] groups) => ApprovalFixture.Human(name, groups);

    public static AccessAsk Ask(double hours = 2) => new()
    {
        Target = "clinic",
        Scope = new AccessScope { Allow = [CommandClass.Read], Tables = [new RelationName("clinic", "encounters")] },
        Length = TimeSpan.FromHours(hours),
    };

    public async Task<AccessRequest> RequestAsync(AccessAsk? ask = null, Principal? requester = null, bool thisRunOnly = false) =>
        Assert.IsType<AccessOutcome.OfRequest>(await Desk.RequestAsync(requester ?? Agent(), ask ?? Ask(), thisRunOnly, "quarterly report", TestContext.Current.CancellationToken)).Request;

    public async Task<AccessOutcome> ApproveAsync(string id, Principal by) =>
        await Desk.DecideAsync(id, by, ApprovalAnswer.Approve, "", TestContext.Current.CancellationToken);

    /// <summary>A grant that two people gave.</summary>
    public async Task<AccessGrant> GrantAsync(AccessAsk? ask = null)
    {
        var request = await RequestAsync(ask);
        await ApproveAsync(request.Id, Human("sam", "security-officers"));
        return Assert.IsType<AccessOutcome.OfRequest>(await ApproveAsync(request.Id, Human("olga", "owners"))).Grant!;
    }

    public void Change(AccessRules rules)
    {
        Rules = rules;
        Policy.Activate(Snapshot());
    }

    /// <summary>Closes everything and opens it again on the same files, as a restart does.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    private PolicySnapshot Snapshot() => new(
        "h", [new TargetPolicy("clinic", PolicyMaker.Phi("clinic.patients.mrn MRN"), [])], [], [])
    { Access = Rules };

    private async Task OpenAsync()
    {
        Database = await SqliteDatabase.OpenAsync(_folder.File("gateway.db"));
        Policy = new PolicyEngine(Snapshot(), Time);
        _commitments = CommandIdentity.LoadOrCreate(_folder.File("approval.key"));
        Desk = new AccessDesk(new SqliteAccessStore(Database), Journal, Policy, _commitments, new AccessDeskOptions(), Time)
        {
            GrantEnded = Ended.Add,
            Requested = request => Told.Add(request.Id),
            EmergencyOpened = emergency => Told.Add(emergency.Id),
        };
        await Desk.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task CloseAsync()
    {
        Desk.Dispose();
        _commitments.Dispose();
        await Database.DisposeAsync();
    }
}

/// <summary>What would be in the ledger, one line each.</summary>
internal sealed class AccessLog : IAccessJournal
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public List<byte[]> Commitments { get; } = [];

    /// <summary>Fails the next record, as a ledger does whose disk is gone.</summary>
    public bool IsBroken { get; set; }

    public ValueTask RequestedAsync(AccessRequest request, byte[] reasonCommitment)
    {
        Commitments.Add(reasonCommitment);
        return Add($"request {request.Rule}");
    }

    public ValueTask DecidedAsync(AccessRequest decided, Principal? by, ApprovalAnswer? answer, byte[] reasonCommitment) =>
        Add($"decision {answer?.ToString() ?? "none"} by {by?.Name ?? "nobody"} {decided.State}");

    public ValueTask DecisionRefusedAsync(AccessRequest request, Principal by, ApprovalAnswer answer, string code) => Add($"refused {by.Name} {code}");

    public ValueTask StartedAsync(AccessGrant grant, bool resumed) => Add(resumed ? "resume" : "start");

    public ValueTask ExtendedAsync(AccessGrant grant, string requestId) => Add("extend");

    public ValueTask RevokedAsync(AccessGrant grant, Principal by, byte[] reasonCommitment) => Add($"revoke by {by.Name}");

    public ValueTask EndedAsync(AccessGrant grant) => Add($"end {grant.EndCode}");

    public ValueTask EmergencyOpenedAsync(AccessGrant grant, BreakGlassRule rule, byte[] reasonCommitment) => Add($"emergency {rule.Name}");

    public ValueTask ReviewedAsync(AccessGrant grant, Principal by, byte[] noteCommitment) => Add($"review by {by.Name}");

    public ValueTask ReviewRefusedAsync(AccessGrant grant, Principal by, string code) => Add($"refused {by.Name} {code}");

    private ValueTask Add(string line)
    {
        if (IsBroken)
        {
            throw new IOException("the ledger cannot be written");
        }
        _lines.Enqueue(line);
        return ValueTask.CompletedTask;
    }
}
