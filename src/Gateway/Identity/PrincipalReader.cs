using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sallyport.Gateway.Identity;

/// <summary>Makes a principal of the verified claims of an access token (RFC 9068; <c>act</c>: RFC 8693 section 4.1).</summary>
internal static class PrincipalReader
{
    /// <summary>Longest subject, client id, group and run id, in characters.</summary>
    public const int MaxNameLength = 255;

    public const int MaxGroups = 256;

    /// <summary>Longest chain of actors: who acts now, and through whom.</summary>
    public const int MaxActors = 3;

    /// <summary>The principal, or the refusal when a claim has a form that cannot be used.</summary>
    public static AuthenticationResult Read(JsonElement claims, IssuerOptions issuer, DateTimeOffset expiresAt)
    {
        if (!claims.TryGetProperty("sub", out var sub) || sub.ValueKind != JsonValueKind.String || sub.GetString() is not { Length: > 0 } subject)
        {
            return Refusal.MissingSubject;
        }
        try
        {
            var clientId = Name(claims, "client_id");
            clientId = clientId.Length > 0 ? clientId : Name(claims, "azp");
            var isOwn = issuer.OwnKeys is not null;
            var vouching = isOwn ? Name(claims, GatewayClaims.SubjectIssuer) : issuer.Issuer;
            var (actor, actorIssuer) = Actor(claims);
            var named = issuer.AgentNameClaim is { } claim && actor.Length == 0 ? Strings(claims, claim) : [];
            var isAgent = actor.Length > 0 || subject == clientId || issuer.IsAgentsOnly || IsListedAgent(claims, clientId, issuer.Agents);
            var agentName = actor.Length > 0 ? actor : named is [{ Length: > 0 } name] ? name : clientId.Length > 0 ? clientId : subject;
            // Only the gateway's own word counts for who vouches for an agent.
            var agentIssuer = isOwn && isAgent && actorIssuer != vouching ? actorIssuer : "";
            // A workload has no human behind it: its subject is another name of itself.
            subject = issuer.IsAgentsOnly && actor.Length == 0 ? agentName : subject;
            Check(subject, "sub");
            return new AuthenticationResult.Accepted(new Principal
            {
                Kind = isAgent ? PrincipalKind.Agent : PrincipalKind.Human,
                Id = IdOf(vouching, subject, isAgent ? agentName : "", agentIssuer),
                Issuer = vouching,
                AgentIssuer = agentIssuer,
                Subject = subject,
                ClientId = clientId,
                Name = isAgent ? agentName : subject,
                OnBehalfOf = isAgent && subject != agentName ? subject : "",
                RunId = Name(claims, issuer.RunIdClaim),
                Groups = Groups(claims, issuer),
                ExpiresAt = expiresAt,
                IssuedAt = TokenClaims.IssuedAt(claims),
                TokenId = TokenIdOf(issuer.Issuer, Name(claims, "jti")),
                IsGatewayToken = isOwn,
                Certificate = TokenClaims.BoundCertificate(claims) ?? "",
            });
        }
        catch (ClaimException problem)
        {
            return Refusal.Claims(problem.Message);
        }
    }

    /// <summary>
    /// A stable id that tells nothing about the person: the same human has one id through every client, and an agent has one per human
    /// it acts for. Names hold no control characters, so the parts cannot run into each other.
    /// </summary>
    internal static string IdOf(string issuer, string subject, string agent, string agentIssuer = "")
    {
        var whole = agentIssuer.Length == 0 ? $"{issuer}\n{subject}\n{agent}" : $"{issuer}\n{subject}\n{agent}\n{agentIssuer}";
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(whole));
        return "p_" + Convert.ToHexStringLower(digest.AsSpan(0, 8));
    }

    /// <summary>Names a token without telling its <c>jti</c>, which its holder may take for a secret.</summary>
    internal static string TokenIdOf(string issuer, string jti) =>
        jti.Length == 0 ? "" : "t_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer}\n{jti}")).AsSpan(0, 16));

    /// <summary>The agent that acts now and its issuer, or empty without <c>act</c>. Earlier actors are inside; they only count against the limit.</summary>
    private static (string Name, string Issuer) Actor(JsonElement claims)
    {
        if (!claims.TryGetProperty("act", out var act))
        {
            return ("", "");
        }
        var current = ("", "");
        for (var depth = 0; ; depth++)
        {
            if (depth == MaxActors)
            {
                throw new ClaimException($"act names more than {MaxActors} actors");
            }
            if (act.ValueKind != JsonValueKind.Object || Name(act, "sub") is not { Length: > 0 } name)
            {
                throw new ClaimException("act has to name the acting party by sub");
            }
            current = depth == 0 ? (name, Name(act, "iss")) : current;
            if (!act.TryGetProperty("act", out var inner))
            {
                return current;
            }
            act = inner;
        }
    }

    private static bool IsListedAgent(JsonElement claims, string clientId, AgentMatcher? agents)
    {
        if (agents is null)
        {
            return false;
        }
        if (agents.Claim == "client_id")
        {
            return agents.Values.Contains(clientId);
        }
        return Strings(claims, agents.Claim).Any(agents.Values.Contains);
    }

    private static ImmutableArray<string> Groups(JsonElement claims, IssuerOptions issuer)
    {
        var groups = Strings(claims, issuer.GroupsClaim);
        return issuer.GroupsPrefix.Length == 0 ? groups : [.. groups.Select(g => issuer.GroupsPrefix + g)];
    }

    /// <summary>A claim that is a string or an array of strings; empty when it is not there.</summary>
    private static ImmutableArray<string> Strings(JsonElement claims, string claim)
    {
        if (!TryFind(claims, claim, out var value))
        {
            return [];
        }
        if (value.ValueKind == JsonValueKind.String)
        {
            return [Check(value.GetString()!, claim)];
        }
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new ClaimException($"{claim} is neither a string nor a list of strings");
        }
        if (value.GetArrayLength() > MaxGroups)
        {
            throw new ClaimException($"{claim} has more than {MaxGroups} entries");
        }
        return [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String
            ? Check(item.GetString()!, claim)
            : throw new ClaimException($"{claim} holds something that is not a string"))];
    }

    /// <summary>Finds a claim by its name, or by a dotted path such as <c>realm_access.roles</c> when no claim has that very name.</summary>
    private static bool TryFind(JsonElement claims, string claim, out JsonElement value)
    {
        if (claims.TryGetProperty(claim, out value))
        {
            return true;
        }
        value = claims;
        foreach (var step in claim.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(step, out value))
            {
                return false;
            }
        }
        return true;
    }

    private static string Name(JsonElement claims, string claim)
    {
        if (!claims.TryGetProperty(claim, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return "";
        }
        return value.ValueKind == JsonValueKind.String ? Check(value.GetString()!, claim) : throw new ClaimException($"{claim} is not a string");
    }

    /// <summary>Names appear in consoles, logs of the database and evidence, so they hold no control characters and are not endless.</summary>
    private static string Check(string name, string claim)
    {
        if (name.Length > MaxNameLength)
        {
            throw new ClaimException($"{claim} is longer than {MaxNameLength} characters");
        }
        return name.Any(char.IsControl) ? throw new ClaimException($"{claim} holds control characters") : name;
    }

    /// <summary>A claim has a form that cannot be used. The message names the claim, never its value.</summary>
    private sealed class ClaimException(string message) : Exception(message);
}
