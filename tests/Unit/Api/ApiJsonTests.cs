using System.Text.Json;
using Sallyport.Api;

namespace Sallyport.Unit.Api;

public sealed class ApiJsonTests
{
    [Fact]
    public void Enums_are_lower_case_words()
    {
        var json = JsonSerializer.Serialize(JsonSerializer.Deserialize(SallyportClientTests.Approval, ApiJson.Default.ApprovalResource)!, ApiJson.Default.ApprovalResource);
        Assert.Contains("\"state\":\"pending\"", json);
        Assert.Contains("\"kind\":\"agent\"", json);
        Assert.DoesNotContain("statement", json);
        Assert.DoesNotContain("decidedBy", json);
    }

    [Theory]
    [InlineData("""{"reason":"x","more":1}""")]
    [InlineData("""{"reason":"x","reason":"y"}""")]
    [InlineData("""{"Reason":"x"}""")]
    [InlineData("""{"reason":null}""")]
    [InlineData("{}")]
    public void A_request_is_read_strictly(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ApiJson.Default.DenyRequest));

    [Fact]
    public void A_newer_answer_is_still_read()
    {
        var session = JsonSerializer.Deserialize(SallyportClientTests.Session.Replace("{\"id\"", "{\"colour\":\"blue\",\"id\"", StringComparison.Ordinal), ApiJson.Default.SessionResource);
        Assert.Equal("ses_1", session!.Id);
    }

    [Fact]
    public void Members_that_are_absent_are_empty_and_not_null()
    {
        var caller = JsonSerializer.Deserialize("""{"id":"p","kind":"human","name":"d","issuer":"i","expiresAt":"2026-11-21T13:00:00Z"}""", ApiJson.Default.CallerResource)!;
        Assert.Equal(("", "", ""), (caller.ClientId, caller.OnBehalfOf, caller.Run));
        Assert.Empty(caller.Groups);
        Assert.Empty(caller.Roles);
    }

    [Fact]
    public void Every_object_survives_a_round_trip()
    {
        var approval = JsonSerializer.Deserialize(SallyportClientTests.Approval, ApiJson.Default.ApprovalResource)! with
        {
            State = ApprovalState.Denied,
            Statement = "UPDATE ...",
            DecidedBy = "dana",
            DecidedAt = new DateTimeOffset(2026, 11, 21, 12, 1, 0, TimeSpan.Zero),
            Reason = "no",
        };
        var json = JsonSerializer.Serialize(approval, ApiJson.Default.ApprovalResource);
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, ApiJson.Default.ApprovalResource)!, ApiJson.Default.ApprovalResource));
        var export = new ExportRequest { Session = "ses_1" };
        Assert.Equal(export, JsonSerializer.Deserialize(JsonSerializer.Serialize(export, ApiJson.Default.ExportRequest), ApiJson.Default.ExportRequest));
    }
}
