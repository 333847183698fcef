using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Gateway.Approvals;

namespace Sallyport.Unit.Server.Storage;

public sealed class SqliteApprovalStoreTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_approval_comes_back_as_it_was_stored()
    {
        await using var fixture = await ApprovalFixture.CreateAsync();
        var stored = Sample() with
        {
            State = ApprovalState.Used,
            DecidedBy = "p_sam",
            DecidedByName = "sam",
            DecidedAt = fixture.Time.GetUtcNow(),
            Reason = "fine",
            UsedAt = fixture.Time.GetUtcNow() + TimeSpan.FromTicks(1),
            UsedBySession = "s_2",
            Functions = ["clinic.f"],
            Plan = [7, 8],
            Widen = new Widening(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(4)),
            Scope = ApprovalScope.Run,
            StandsUntil = fixture.Time.GetUtcNow() + TimeSpan.FromMinutes(4),
            StoodUntil = fixture.Time.GetUtcNow() + TimeSpan.FromMinutes(2),
            EndReason = StandingEnd.Revoked,
            Measure = new RowMeasure { EstimatedRows = 12, EstimatedBy = "Update on t by Seq Scan", NoEstimate = "none", DryRunRows = 11, NoDryRun = "neither" },
            Unmasked = [new UnmaskedColumn("clinic.patients.mrn", "gr_1")],
        };
        await fixture.Store.AddAsync(stored, Stop);
        var read = await fixture.Store.FindAsync(stored.Id, Stop);
        Assert.Equivalent(stored, read, strict: true);
    }

    [Theory]
    [InlineData(ApprovalState.Pending, false)]
    [InlineData(ApprovalState.Approved, true)]
    [InlineData(ApprovalState.Denied, false)]
    [InlineData(ApprovalState.Expired, false)]
    public async Task Only_an_approved_one_can_be_redeemed(ApprovalState state, bool redeemed)
    {
        await using var fixture = await ApprovalFixture.CreateAsync();
        var approval = Sample() with { State = state };
        await fixture.Store.AddAsync(approval, Stop);
        Assert.Equal(redeemed, await fixture.Store.TryRedeemAsync(approval.Id, "s_1", approval.RequestedAt, Stop));
        Assert.False(await fixture.Store.TryRedeemAsync(approval.Id, "s_1", approval.RequestedAt, Stop));
    }

    [Fact]
    public async Task Nothing_is_decided_or_redeemed_after_its_time()
    {
        await using var fixture = await ApprovalFixture.CreateAsync();
        var pending = Sample();
        await fixture.Store.AddAsync(pending, Stop);
        var late = pending with { State = ApprovalState.Approved, DecidedAt = pending.ExpiresAt };
        Assert.False(await fixture.Store.TryDecideAsync(late, Stop));
        Assert.True(await fixture.Store.TryDecideAsync(late with { DecidedAt = pending.ExpiresAt - TimeSpan.FromTicks(1) }, Stop));
        Assert.False(await fixture.Store.TryRedeemAsync(pending.Id, "s_1", pending.ExpiresAt, Stop));
        Assert.False(await fixture.Store.TryExpireAsync(pending.Id, pending.ExpiresAt - TimeSpan.FromTicks(1), Stop));
        Assert.True(await fixture.Store.TryExpireAsync(pending.Id, pending.ExpiresAt, Stop));
    }

    [Fact]
    public async Task A_list_shows_the_newest_first_and_only_what_its_viewer_is_part_of()
    {
        await using var fixture = await ApprovalFixture.CreateAsync();
        var now = fixture.Time.GetUtcNow();
        for (var number = 0; number < 4; number++)
        {
            var requester = ApprovalRequester.Of(ApprovalFixture.Agent(onBehalfOf: number % 2 == 0 ? "dana" : "erin") with { Id = $"p_{number}" });
            await fixture.Store.AddAsync(
                Sample() with { Id = $"apr_000000000{number}", Requester = requester, RequestedAt = now + TimeSpan.FromSeconds(number) }, Stop);
        }
        Assert.Equal(["apr_0000000003", "apr_0000000002"], Ids(await fixture.Store.ListAsync(new(ApprovalState.Pending, null, 2), Stop)));
        Assert.Equal(
            ["apr_0000000002", "apr_0000000000"],
            Ids(await fixture.Store.ListAsync(new(null, ApprovalViewer.Of(ApprovalFixture.Human("dana")), 10), Stop)));
        Assert.Equal(
            ["apr_0000000001"],
            Ids(await fixture.Store.ListAsync(new(null, ApprovalViewer.Of(ApprovalFixture.Agent() with { Id = "p_1" }), 10), Stop)));
        Assert.Empty(await fixture.Store.ListAsync(new(ApprovalState.Denied, null, 10), Stop));
    }

    private static IEnumerable<string> Ids(IEnumerable<Approval> approvals) => approvals.Select(approval => approval.Id);

    private static Approval Sample()
    {
        var question = ApprovalFixture.Question();
        var now = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        return new Approval
        {
            Id = ApprovalId.Create(),
            State = ApprovalState.Pending,
            Requester = ApprovalRequester.Of(question.Requester),
            Target = "clinic",
            SessionId = "s_1",
            Rule = "writes",
            PolicyHash = "sha256:0",
            Approvers = ["security-officers", "on-call"],
            Template = question.Command.Template,
            Class = question.Command.Class,
            Effects = question.Command.Effects,
            Unbounded = true,
            Relations = question.Command.Relations,
            PhiColumns = question.Command.PhiColumns,
            Salt = [1, 2, 3],
            Commitment = [4, 5, 6],
            RequestedAt = now,
            ExpiresAt = now + TimeSpan.FromMinutes(15),
        };
    }
}
