namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>How far a floor goes.</summary>
public enum FloorLevel
{
    /// <summary>The role's own rights, and tables and views of PHI that are open to everybody. Takes nothing else from anybody.</summary>
    Columns,

    /// <summary>Also functions that run with their owner's rights or reach out of the session, which are open to everybody by default: other roles keep them by name.</summary>
    Full,
}

/// <summary>One statement of a floor.</summary>
/// <param name="Sql">Complete, without semicolon; names quoted.</param>
/// <param name="Reason">Why, for the operator.</param>
public sealed record FloorStatement(string Sql, string Reason);

/// <summary>What makes a role the floor of a target. Empty when it is one already.</summary>
/// <param name="Role">The role's name.</param>
/// <param name="Database">The target's database.</param>
/// <param name="Statements">In the order they must run; running them again changes nothing.</param>
/// <param name="Notes">What no statement can mend, and what the operator should know.</param>
/// <param name="ProtectedColumns">Columns that hold PHI, copies found in the catalogue included.</param>
public sealed record FloorPlan(string Role, string Database, IReadOnlyList<FloorStatement> Statements, IReadOnlyList<string> Notes, int ProtectedColumns);
