using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sallyport.Unit.Gateway.Exports;

/// <summary>What FHIR R4 demands of an AuditEvent: elements, how often, and the values of required bindings (https://hl7.org/fhir/R4/auditevent.html).</summary>
internal static partial class FhirShape
{
    private static readonly string[] Elements =
        ["resourceType", "type", "subtype", "action", "period", "recorded", "outcome", "outcomeDesc", "purposeOfEvent", "agent", "source", "entity"];

    public static void AssertAuditEvent(JsonElement e)
    {
        Assert.Equal("AuditEvent", e.GetProperty("resourceType").GetString());
        Assert.All(e.EnumerateObject(), field => Assert.Contains(field.Name, Elements));
        AssertCoding(e.GetProperty("type"));
        Assert.All(e.GetProperty("subtype").EnumerateArray(), AssertCoding);
        Assert.Contains(e.GetProperty("action").GetString(), (string[])["C", "R", "U", "D", "E"]);
        Assert.Matches(Instant, e.GetProperty("recorded").GetString());
        Assert.Contains(e.GetProperty("outcome").GetString(), (string[])["0", "4", "8", "12"]);
        var agents = e.GetProperty("agent").EnumerateArray().ToList();
        Assert.NotEmpty(agents);
        Assert.All(agents, AssertAgent);
        Assert.Single(agents, agent => agent.GetProperty("requestor").GetBoolean());
        Assert.False(string.IsNullOrEmpty(e.GetProperty("source").GetProperty("observer").GetProperty("display").GetString()));
        Assert.All(e.GetProperty("entity").EnumerateArray(), AssertEntity);
    }

    private static void AssertAgent(JsonElement agent)
    {
        Assert.All(agent.EnumerateObject(), field => Assert.Contains(field.Name, (string[])["type", "who", "altId", "name", "requestor", "policy", "network"]));
        if (agent.TryGetProperty("network", out var network))
        {
            Assert.Equal("2", network.GetProperty("type").GetString());
        }
        if (agent.TryGetProperty("policy", out var policies))
        {
            Assert.All(policies.EnumerateArray(), policy => Assert.True(Uri.TryCreate(policy.GetString(), UriKind.Absolute, out _) && !policy.GetString()!.Contains(' ')));
        }
    }

    private static void AssertEntity(JsonElement entity)
    {
        Assert.All(entity.EnumerateObject(), field => Assert.Contains(field.Name, (string[])["what", "type", "role", "name", "query", "detail"]));
        // Invariant sev-1: a name or a query, not both.
        Assert.False(entity.TryGetProperty("name", out _) && entity.TryGetProperty("query", out _));
        AssertCoding(entity.GetProperty("type"));
        AssertCoding(entity.GetProperty("role"));
        if (entity.TryGetProperty("detail", out var details))
        {
            Assert.All(details.EnumerateArray(), detail => Assert.Single(detail.EnumerateObject(), field => field.Name is "valueString" or "valueBase64Binary"));
        }
    }

    private static void AssertCoding(JsonElement coding)
    {
        Assert.True(Uri.TryCreate(coding.GetProperty("system").GetString(), UriKind.Absolute, out _));
        Assert.False(string.IsNullOrWhiteSpace(coding.GetProperty("code").GetString()));
    }

    [GeneratedRegex(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Instant { get; }
}
