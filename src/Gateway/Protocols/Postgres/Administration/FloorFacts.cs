namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>What the live catalogue says that the floor of one role is made from. Names are as PostgreSQL stores them.</summary>
internal sealed record FloorFacts
{
    public required string Role { get; init; }

    public required string Database { get; init; }

    /// <summary>The role as it is, or null when it is not there yet.</summary>
    public RoleFacts? Existing { get; init; }

    /// <summary>Roles other than this one that are no superusers: what PUBLIC loses, they keep.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    public bool MayConnect { get; init; }

    public required IReadOnlyList<SchemaFacts> Schemas { get; init; }

    public required IReadOnlyList<RelationRights> Relations { get; init; }

    /// <summary>Columns of relations that hold PHI, in order.</summary>
    public required IReadOnlyList<ColumnRights> Columns { get; init; }

    /// <summary>Functions the role may not call, that it or PUBLIC may call now.</summary>
    public required IReadOnlyList<RoutineFacts> Routines { get; init; }

    /// <summary>Foreign servers the role or PUBLIC may use now.</summary>
    public required IReadOnlyList<ServerFacts> Servers { get; init; }

    /// <summary>Declared columns that are not there.</summary>
    public required IReadOnlyList<string> Missing { get; init; }
}

/// <param name="Flaws">Attributes it may not have, as ALTER ROLE takes them away: NOSUPERUSER, NOBYPASSRLS, ...</param>
/// <param name="MemberOf">Roles it is a direct member of.</param>
/// <param name="HidesDumps">Its <c>log_min_messages</c> is fatal or panic.</param>
internal sealed record RoleFacts(IReadOnlyList<string> Flaws, bool CanLogin, IReadOnlyList<string> MemberOf, bool HidesDumps);

/// <param name="SourceUses">The mirrored role may use it.</param>
/// <param name="RoleUses">So may the floor role already.</param>
internal sealed record SchemaFacts(string Name, bool SourceUses, bool RoleUses, bool PublicCreates, bool RoleCreates);

/// <summary>One table, view, materialised view, foreign table or sequence. Rights are letters as in an ACL: r, a, w, d, U.</summary>
/// <param name="Kind">pg_class.relkind.</param>
/// <param name="HoldsPhi">Has tagged columns.</param>
/// <param name="DependsOnPhi">A view or materialised view built on such a relation, or on another such view.</param>
/// <param name="Owned">The floor role owns it, so no REVOKE helps.</param>
/// <param name="Source">What the mirrored role may do with all of it.</param>
/// <param name="Effective">What the floor role may do with all of it now, by whatever way.</param>
/// <param name="Direct">What was granted to the floor role itself.</param>
/// <param name="Public">What was granted to PUBLIC.</param>
internal sealed record RelationRights(
    uint Oid, string Schema, string Name, char Kind, bool HoldsPhi, bool DependsOnPhi, bool Owned, string Source, string Effective, string Direct, string Public)
{
    public string Sql => SqlQuoting.Name(Schema, Name);
}

/// <summary>One column of a relation that holds PHI; rights as letters r, a, w.</summary>
internal sealed record ColumnRights(uint Relation, string Name, bool IsTagged, string Source, string Effective, string Direct, string Public);

/// <param name="Signature">Quoted, with its argument types.</param>
/// <param name="Reason">Why the floor role may not call it.</param>
/// <param name="Direct">Granted to the floor role itself.</param>
internal sealed record RoutineFacts(string Signature, string Reason, bool Public, bool Direct);

internal sealed record ServerFacts(string Name, bool Public, bool Direct);
