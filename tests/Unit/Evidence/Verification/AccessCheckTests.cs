using System.Text;
using Sallyport.Evidence.Records;
using Sallyport.Evidence.Verification;

namespace Sallyport.Unit.Evidence.Verification;

/// <summary>Access from request to end, as a ledger tells of it.</summary>
public sealed class AccessCheckTests
{
    private const string Request = "access.request|request=req_1,by=p_a|quorum=2";
    private const string First = "access.decision|request=req_1,decision=approve,by=p_s,by_kind=human,state=pending";
    private const string Second = "access.decision|request=req_1,decision=approve,by=p_o,by_kind=human,state=granted";
    private const string Start = "grant.start|grant=gr_1,request=req_1,origin=request,holder=p_a,target=clinic,until=2026-11-21T13:00:00.000000Z";
    private const string Use = "intent|grant=gr_1";
    private const string End = "grant.end|grant=gr_1,reason=expired";

    [Fact]
    public void Request_two_people_grant_use_restart_and_end_hold() =>
        Assert.Empty(Check(Request, First, Second, Start, Use, Start + "|resumed=1", Use, "grant.revoke|grant=gr_1", End));

    [Theory]
    [InlineData("was granted by 1 people, and 2 had to agree", Request, Second)]
    [InlineData("was granted by 1 people, and 2 had to agree", Request, "access.decision|request=req_1,decision=approve,by=p_o,by_kind=human,state=pending", Second)]
    [InlineData("which was never made", First)]
    [InlineData("is there a second time", Request, Request)]
    [InlineData("was agreed to by who made it", Request, "access.decision|request=req_1,decision=approve,by=p_a,by_kind=human,state=pending")]
    [InlineData("who is no person", Request, "access.decision|request=req_1,decision=approve,by=p_x,by_kind=agent,state=pending")]
    [InlineData("begins, and nobody gave it", Request, First, Start)]
    [InlineData("begins a second time", Request, First, Second, Start, Start)]
    [InlineData("went to somebody else than who asked", Request, First, Second, "grant.start|grant=gr_1,request=req_1,origin=request,holder=p_z,target=clinic,until=2026-11-21T13:00:00.000000Z")]
    [InlineData("was over before it", Request, First, Second, Start, End, Start + "|resumed=1")]
    [InlineData("which never began", Use)]
    [InlineData("after its end", Request, First, Second, "grant.start|grant=gr_1,request=req_1,origin=request,holder=p_a,target=clinic,until=2026-11-21T11:00:00.000000Z", Use)]
    [InlineData("ends, but was not in force", Request, First, Second, Start, End, End)]
    [InlineData("was extended, and nobody gave that", Request, First, Second, Start, "grant.extend|grant=gr_1,request=req_1,until=2026-11-21T14:00:00.000000Z")]
    [InlineData("begins, and nobody gave it", "grant.start|grant=gr_2,origin=break-glass,holder=p_a,target=clinic,until=2026-11-21T13:00:00.000000Z")]
    [InlineData("which was never opened", "breakglass.review|grant=gr_2,decision=reviewed,by=p_s")]
    [InlineData("was reviewed by who opened it", "breakglass.open|grant=gr_2,by=p_a", "breakglass.review|grant=gr_2,decision=reviewed,by=p_a")]
    public void What_cannot_have_happened_is_found(string expected, params string[] records) => Assert.Contains(expected, Assert.Single(Check(records)).What, StringComparison.Ordinal);

    [Fact]
    public void A_grant_that_shows_a_column_is_used_by_the_command_that_reads_it()
    {
        const string Shows = ",\"unmasked\":[{\"col\":\"clinic.patients.name\",\"grant\":\"standing\"},{\"col\":\"clinic.patients.mrn\",\"grant\":\"gr_1\"}]";
        Assert.Contains("a command by grant gr_1, which never began", Assert.Single(Check("intent|rule=grant:standing" + Raw + Shows)).What, StringComparison.Ordinal);
        Assert.Empty(Check(Request, First, Second, Start, "intent|rule=grant:standing" + Raw + Shows));
    }

    [Fact]
    public void A_rule_may_give_and_an_extension_moves_the_end() => Assert.Empty(Check(
        "access.request|request=req_1,by=p_a|quorum=0",
        "access.decision|request=req_1,decision=approve,by=rule:quick,by_kind=rule,state=granted",
        Start,
        "access.request|request=req_2,by=p_a,extends=gr_1|quorum=0",
        "access.decision|request=req_2,decision=approve,by=rule:quick,by_kind=rule,state=granted",
        "grant.extend|grant=gr_1,request=req_2,until=2026-11-21T14:00:00.000000Z",
        Use,
        End));

    /// <summary>What follows is JSON as it stands.</summary>
    private const string Raw = "#";

    private static IReadOnlyList<Finding> Check(params string[] records)
    {
        var findings = new Findings();
        var check = new AccessCheck(findings, "wal");
        for (var i = 0; i < records.Length; i++)
        {
            check.Add(i, Line(records[i]));
        }
        return findings.All;
    }

    /// <summary><c>kind|text=value,...|number=value</c>.</summary>
    private static RecordLine Line(string record)
    {
        var raw = record.Split(Raw);
        var parts = raw[0].Split('|');
        var texts = parts.Length > 1 ? string.Concat(parts[1].Split(',').Select(pair => $",\"{pair.Split('=')[0]}\":\"{pair.Split('=')[1]}\"")) : "";
        var numbers = parts.Length > 2 ? $",\"{parts[2].Split('=')[0]}\":{parts[2].Split('=')[1]}" : "";
        return RecordLine.Parse(Encoding.UTF8.GetBytes(
            $"{{\"v\":1,\"k\":\"{parts[0]}\",\"n\":\"00\",\"node\":\"gw\",\"boot\":\"b\",\"t\":\"2026-11-21T12:00:00.000000Z\",\"mono\":1,\"sid\":\"\",\"seq\":0,\"sub\":\"p_a\",\"ag\":\"\",\"conn\":\"clinic\",\"prev\":\"\"{texts}{numbers}{(raw.Length > 1 ? raw[1] : "")}}}"));
    }
}
