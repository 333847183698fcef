using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Recording;

/// <summary>
/// Records of access that is asked for, given and ended, in the gateway's own chain. Thread-safe. Every awaited method is durable on return and
/// throws <see cref="LedgerUnavailableException"/> when nothing can be recorded.
/// </summary>
public sealed class AccessRecorder
{
    private readonly RecordChain _gateway;

    internal AccessRecorder(RecordChain gateway) => _gateway = gateway;

    /// <summary>Tells which names a request typed are names of the target's own objects; all others are recorded as the beginning of their hash.</summary>
    public Func<string, string, bool> IsKnownName { get; set; } = static (_, _) => false;

    public ValueTask RequestedAsync(AccessRequestFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("access.request"u8);
            line.Field("request"u8, facts.RequestId);
            line.Field("by"u8, RecordText.Id(facts.By));
            line.Field("by_kind"u8, NameOf(facts.Kind));
            line.Field("for"u8, IdOrEmpty(facts.OnBehalfOf));
            line.Field("run"u8, IdOrEmpty(facts.RunId));
            line.Field("target"u8, facts.Target);
            WriteScope(line, facts.Target, facts.Scope);
            WriteTime(line, "from"u8, facts.From);
            WriteTime(line, "until"u8, facts.Until);
            if (facts.Length is { } length)
            {
                line.Field("length_s"u8, (long)length.TotalSeconds);
            }
            if (facts.Extends.Length > 0)
            {
                line.Field("extends"u8, facts.Extends);
            }
            line.Field("pol"u8, facts.PolicyHash);
            line.Field("rule"u8, facts.Rule);
            line.Field("quorum"u8, facts.Quorum);
            WriteTime(line, "expires"u8, facts.ExpiresAt);
            WriteCommitment(line, facts.ReasonCommitment);
            return _gateway.Append(line).Durable;
        }
    }

    public ValueTask DecidedAsync(AccessDecisionFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("access.decision"u8);
            line.Field("request"u8, facts.RequestId);
            line.Field("decision"u8, RecordText.Code(facts.Decision));
            WriteBy(line, facts.By, facts.ByRule);
            line.Field("groups"u8, string.Join(',', facts.Groups));
            line.Field("agreed"u8, facts.Agreed);
            line.Field("state"u8, RecordText.Code(facts.State));
            if (facts.Why.Length > 0)
            {
                line.Field("reason"u8, RecordText.Code(facts.Why));
            }
            WriteCommitment(line, facts.ReasonCommitment);
            return _gateway.Append(line).Durable;
        }
    }

    public ValueTask GrantStartedAsync(GrantStartFacts facts)
    {
        var grant = facts.Grant;
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("grant.start"u8);
            WriteGrant(line, grant.Name, grant.RequestId);
            line.Field("origin"u8, KebabCase.Of(grant.Origin));
            line.Field("holder"u8, RecordText.Id(facts.Holder));
            line.Field("run"u8, IdOrEmpty(grant.RunId));
            line.Field("target"u8, grant.Target);
            WriteScope(line, grant.Target, new AccessScope
            {
                Allow = grant.Allow,
                Schemas = grant.Schemas,
                Tables = grant.Tables,
                Unmasked = grant.Unmasked,
                Never = grant.Never,
            });
            WriteTime(line, "from"u8, grant.From);
            WriteTime(line, "until"u8, grant.Until);
            line.Field("rule"u8, facts.Rule);
            line.Field("by"u8, string.Join(',', grant.Deciders.Select(RecordText.Id)));
            if (facts.Resumed)
            {
                line.Field("resumed"u8, 1);
            }
            return _gateway.Append(line).Durable;
        }
    }

    public ValueTask GrantExtendedAsync(Grant grant)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("grant.extend"u8);
            WriteGrant(line, grant.Name, grant.RequestId);
            WriteTime(line, "until"u8, grant.Until);
            line.Field("by"u8, string.Join(',', grant.Deciders.Select(RecordText.Id)));
            return _gateway.Append(line).Durable;
        }
    }

    public ValueTask GrantRevokedAsync(Grant grant, Principal by, byte[] reasonCommitment)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("grant.revoke"u8);
            WriteGrant(line, grant.Name, grant.RequestId);
            WriteBy(line, by, "");
            WriteCommitment(line, reasonCommitment);
            return _gateway.Append(line).Durable;
        }
    }

    /// <param name="grant">What is over.</param>
    /// <param name="reason">A code: expired, revoked, run-ended.</param>
    public ValueTask GrantEndedAsync(Grant grant, string reason)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("grant.end"u8);
            WriteGrant(line, grant.Name, grant.RequestId);
            line.Field("reason"u8, RecordText.Code(reason));
            return _gateway.Append(line).Durable;
        }
    }

    public ValueTask BreakGlassOpenedAsync(Grant grant, string holder, BreakGlassRule rule, DateTimeOffset reviewDue, byte[] reasonCommitment)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("breakglass.open"u8);
            WriteGrant(line, grant.Name, grant.RequestId);
            line.Field("by"u8, RecordText.Id(holder));
            line.Field("target"u8, grant.Target);
            line.Field("rule"u8, rule.Name);
            line.Field("reviewers"u8, string.Join(',', rule.Reviewers));
            WriteTime(line, "review_due"u8, reviewDue);
            WriteCommitment(line, reasonCommitment);
            return _gateway.Append(line).Durable;
        }
    }

    /// <param name="grant">The emergency's grant.</param>
    /// <param name="by">Who looked at it, or tried to.</param>
    /// <param name="refused">A code, where that was nobody who may; else empty.</param>
    /// <param name="noteCommitment">Of what was written.</param>
    public ValueTask BreakGlassReviewedAsync(Grant grant, Principal by, string refused, byte[] noteCommitment)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("breakglass.review"u8);
            WriteGrant(line, grant.Name, grant.RequestId);
            line.Field("decision"u8, refused.Length == 0 ? "reviewed" : "refused");
            WriteBy(line, by, "");
            if (refused.Length > 0)
            {
                line.Field("reason"u8, RecordText.Code(refused));
            }
            WriteCommitment(line, noteCommitment);
            return _gateway.Append(line).Durable;
        }
    }

    private static string NameOf(PrincipalKind kind) => kind == PrincipalKind.Human ? "human" : "agent";

    private static string IdOrEmpty(string value) => value.Length == 0 ? "" : RecordText.Id(value);

    private static void WriteGrant(LineWriter line, string grant, string request)
    {
        line.Field("grant"u8, grant);
        if (request.Length > 0)
        {
            line.Field("request"u8, request);
        }
    }

    private static void WriteBy(LineWriter line, Principal? by, string rule)
    {
        line.Field("by"u8, by is null ? (rule.Length == 0 ? "" : $"rule:{rule}") : RecordText.Id(by.Id));
        line.Field("by_kind"u8, by is null ? (rule.Length == 0 ? "" : "rule") : NameOf(by.Kind));
    }

    private static void WriteTime(LineWriter line, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } instant)
        {
            line.Name(name);
            line.Raw("\""u8);
            RecordClock.WriteTime(line, instant);
            line.Raw("\""u8);
        }
    }

    private static void WriteCommitment(LineWriter line, byte[] commitment)
    {
        if (commitment.Length > 0)
        {
            line.HexField("reason_com"u8, commitment);
        }
    }

    private void WriteScope(LineWriter line, string target, AccessScope scope)
    {
        line.Field("allow"u8, string.Join(',', scope.Allow.Select(PolicyNames.NameOf)));
        line.Field("schemas"u8, string.Join(',', scope.Schemas.Select(schema => Known(target, schema))));
        line.Field("tables"u8, string.Join(',', scope.Tables.Select(table => $"{Known(target, table.Schema)}.{Known(target, table.Name)}")));
        // Columns are those of the configuration.
        line.Field("unmasked"u8, string.Join(',', scope.Unmasked));
        line.Field("never"u8, string.Join(',', scope.Never));
    }

    /// <summary>A name that somebody typed may be anything; only those of the target's objects are recorded as they are.</summary>
    private string Known(string target, string name) => IsKnownName(target, name) ? RecordText.Id(name) : RecordText.Hashed(name);
}
