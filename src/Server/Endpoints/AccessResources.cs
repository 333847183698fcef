using System.Collections.Immutable;
using Sallyport.Api;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>How requests for access and grants look in the API.</summary>
internal static class AccessResources
{
    /// <summary>Longest time that can be asked for.</summary>
    public const int MaxSeconds = 60 * 24 * 3600;

    public static bool TryRead(AccessRequestBody body, out AccessAsk ask, out string fault)
    {
        ask = new AccessAsk { Target = body.Target, Scope = new AccessScope { Allow = [] } };
        if (body.Seconds is <= 0 or > MaxSeconds)
        {
            fault = $"Access lasts 1 to {MaxSeconds} seconds.";
            return false;
        }
        if (!TryReadClasses(body.Allow, out var allow, out fault)
            || !TryReadTables(body.Tables, out var tables, out fault)
            || !TryReadColumns(body.Unmasked, out var unmasked, out fault)
            || !TryReadColumns(body.Never, out var never, out fault))
        {
            return false;
        }
        ask = new AccessAsk
        {
            Target = body.Target,
            Scope = new AccessScope
            {
                Allow = allow,
                Schemas = [.. body.Schemas.Distinct(StringComparer.Ordinal)],
                Tables = tables,
                Unmasked = unmasked,
                Never = never,
            },
            From = body.From?.ToUniversalTime(),
            Until = body.Until?.ToUniversalTime(),
            Length = body.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        return true;
    }

    public static AccessRequestResource Of(AccessRequest request, Caller caller) => new()
    {
        Id = request.Id,
        State = Enum.Parse<Api.AccessRequestState>(request.State.ToString()),
        RequestedBy = request.Requester.Name,
        Kind = MeEndpoints.KindOf(request.Requester.Kind),
        OnBehalfOf = request.Requester.OnBehalfOf,
        Run = request.Requester.RunId,
        ThisRunOnly = request.RunId.Length > 0,
        Target = request.Ask.Target,
        Scope = Of(request.Ask.Scope),
        From = request.Ask.From,
        Until = request.Ask.Until,
        Seconds = request.Ask.Length is { } length ? (int)length.TotalSeconds : null,
        Extends = request.Extends,
        Rule = request.Rule,
        Approvers = [.. request.Approvers.Select(static groups => (IReadOnlyList<string>)groups)],
        Quorum = request.Approvers.IsEmpty ? 0 : request.Quorum,
        Missing = request.State == Gateway.Access.AccessRequestState.Pending
            ? Quorum.Missing(request.Approvers, request.Quorum, [.. request.Decisions.Where(static decision => decision.Answer == ApprovalAnswer.Approve)])
            : 0,
        CanDecide = request.State == Gateway.Access.AccessRequestState.Pending && AccessDesk.MayDecide(request, caller.Principal),
        Reason = request.Reason,
        RequestedAt = request.RequestedAt,
        ExpiresAt = request.ExpiresAt,
        Decisions = [.. request.Decisions.Select(static decision =>
            new AccessDecisionResource(decision.Name, decision.Answer == ApprovalAnswer.Approve ? "approve" : "deny", decision.Reason, decision.DecidedAt))],
        Grant = request.GrantId.Length > 0 ? request.GrantId : null,
    };

    public static AccessGrantResource Of(AccessGrant grant, DateTimeOffset now) => new()
    {
        Id = grant.Id,
        Origin = grant.Grant.Origin == GrantOrigin.BreakGlass ? "break-glass" : "request",
        Holder = grant.Holder.OnBehalfOf.Length > 0 ? $"{grant.Holder.Name} for {grant.Holder.OnBehalfOf}" : grant.Holder.Name,
        Run = grant.Grant.RunId,
        Target = grant.Grant.Target,
        Scope = Of(new AccessScope
        {
            Allow = grant.Grant.Allow,
            Schemas = grant.Grant.Schemas,
            Tables = grant.Grant.Tables,
            Unmasked = grant.Grant.Unmasked,
            Never = grant.Grant.Never,
        }),
        From = grant.Grant.From,
        Until = grant.Grant.Until,
        Active = grant.IsActive && grant.Grant.Until > now,
        Rule = grant.Rule,
        GivenBy = grant.GivenBy,
        Reason = grant.Reason,
        Request = grant.Grant.RequestId,
        EndedAt = grant.EndedAt,
        EndReason = grant.EndedAt is null ? null : grant.EndedBy.Length > 0 ? $"{grant.EndCode} by {grant.EndedBy}: {grant.EndNote}" : grant.EndCode,
        Review = grant.Review is { } review
            ? new AccessReviewResource(review.DueAt, review.IsOpen && review.DueAt <= now, review.IsOpen ? null : review.By, review.At, review.IsOpen ? null : review.Note)
            : null,
    };

    /// <summary>A grant of the configuration.</summary>
    public static AccessGrantResource Standing(Grant grant, DateTimeOffset now) => new()
    {
        Id = grant.Name,
        Origin = "standing",
        Holder = string.Join(", ", grant.Groups.Concat(grant.Principals.Select(static principal => principal.Name ?? principal.Id ?? ""))),
        Target = grant.Target,
        Scope = Of(new AccessScope { Allow = grant.Allow, Schemas = grant.Schemas, Tables = grant.Tables, Unmasked = grant.Unmasked, Never = grant.Never }),
        From = grant.From,
        Until = grant.Until,
        Active = grant.HoldsAt(now) || grant.From > now,
    };

    public static AccessScopeResource Of(AccessScope scope) => new()
    {
        Allow = [.. scope.Allow.Select(PolicyNames.NameOf)],
        Schemas = scope.Schemas,
        Tables = [.. scope.Tables.Select(static table => QualifiedName.Join(table.Schema, table.Name))],
        Unmasked = scope.Unmasked,
        Never = scope.Never,
    };

    private static bool TryReadClasses(IReadOnlyList<string> names, out ImmutableArray<CommandClass> classes, out string fault)
    {
        var read = ImmutableArray.CreateBuilder<CommandClass>();
        (classes, fault) = ([], "");
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (!PolicyNames.TryParseClass(name, out var commandClass))
            {
                fault = "Access is for read, write or ddl.";
                return false;
            }
            read.Add(commandClass);
        }
        classes = read.ToImmutable();
        return true;
    }

    private static bool TryReadTables(IReadOnlyList<string> names, out ImmutableArray<RelationName> tables, out string fault)
    {
        var read = ImmutableArray.CreateBuilder<RelationName>();
        (tables, fault) = ([], "");
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (!QualifiedName.TrySplit(name, 2, out var parts))
            {
                fault = "A table is written schema.table, as PostgreSQL stores it.";
                return false;
            }
            read.Add(new RelationName(parts[0], parts[1]));
        }
        tables = read.ToImmutable();
        return true;
    }

    private static bool TryReadColumns(IReadOnlyList<string> names, out ImmutableArray<string> columns, out string fault)
    {
        var read = ImmutableArray.CreateBuilder<string>();
        (columns, fault) = ([], "");
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (!QualifiedName.TrySplit(name, 3, out var parts))
            {
                fault = "A column is written schema.table.column, as PostgreSQL stores it.";
                return false;
            }
            read.Add(QualifiedName.Join(parts[0], parts[1], parts[2]));
        }
        columns = read.ToImmutable();
        return true;
    }
}
