using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>How far a floor goes.</summary>
[JsonConverter(typeof(LowercaseEnumConverter<FloorLevel>))]
public enum FloorLevel
{
    /// <summary>The role's own rights, and tables and views of PHI that are open to everybody.</summary>
    Columns,

    /// <summary>Also functions that run with their owner's rights or reach out of the session.</summary>
    Full,
}

/// <summary>A credential that may change roles and rights at the target. Used once, kept nowhere.</summary>
/// <param name="User">A role of the target.</param>
/// <param name="Password">Its password; empty where the target asks for none.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AdminCredential(string User, string Password)
{
    /// <summary>Without the password.</summary>
    public override string ToString() => $"AdminCredential {{ User = {User} }}";
}

/// <summary>An operator's order to make a role the floor.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FloorRequest
{
    /// <summary>The role; absent for the target's own in floor mode, else that name and <c>_floor</c>.</summary>
    public string? Role { get; init; }

    /// <summary>How far it goes; absent for <see cref="FloorLevel.Full"/>.</summary>
    public FloorLevel? Level { get; init; }

    /// <summary>Who makes the changes.</summary>
    public required AdminCredential Admin { get; init; }
}

/// <summary>What makes a role unable to read PHI by itself.</summary>
public sealed record FloorResource
{
    /// <summary>The protected system.</summary>
    public required string Target { get; init; }

    /// <summary>Its database.</summary>
    public required string Database { get; init; }

    /// <summary>The role.</summary>
    public required string Role { get; init; }

    /// <summary>Whether the statements were run.</summary>
    public required bool Applied { get; init; }

    /// <summary>Columns that hold PHI, copies found in the catalogue included.</summary>
    public required int ProtectedColumns { get; init; }

    /// <summary>What was missing, in order; empty when the role was the floor already.</summary>
    public IReadOnlyList<FloorStatementResource> Statements { get => field ?? []; init; }

    /// <summary>What no statement can mend, and what to know.</summary>
    public IReadOnlyList<string> Notes { get => field ?? []; init; }
}

/// <summary>One statement of a floor.</summary>
/// <param name="Sql">Without semicolon.</param>
/// <param name="Reason">Why.</param>
public sealed record FloorStatementResource(string Sql, string Reason);
