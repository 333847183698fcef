using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Gateway.Protocols.Postgres.Local;

/// <summary>One statement for a session of this process.</summary>
/// <param name="Sql">Exactly one statement.</param>
/// <param name="Parameters">Values of <c>$1</c> and so on as text; the server finds out their types.</param>
/// <param name="MaxRows">Rows that are kept.</param>
/// <param name="MaxBytes">Bytes of cells that are kept.</param>
/// <param name="LongestHold">How long the statement may wait for a person, where its rule asks one.</param>
public sealed record LocalStatement(string Sql, IReadOnlyList<string?> Parameters, int MaxRows, int MaxBytes, TimeSpan LongestHold)
{
    /// <summary>Told, on any thread, that the statement waits for a person.</summary>
    public Action<CommandHold>? Holding { get; init; }
}

/// <summary>What came of one statement.</summary>
public abstract record LocalResult
{
    private LocalResult()
    {
    }

    /// <summary>It ran.</summary>
    /// <param name="Columns">Names and types; empty for a statement without a result.</param>
    /// <param name="Rows">Cells as PostgreSQL writes them as text, masked; null for NULL.</param>
    /// <param name="Truncated">Whether there were more rows than the limits keep.</param>
    /// <param name="Tag">The server's command tag, such as <c>INSERT 0 1</c>; empty where rows were left behind.</param>
    /// <param name="Notices">Warnings and notices the client may see, a limited number.</param>
    /// <param name="CutBy">What withheld the rest of the rows, or null.</param>
    public sealed record Done(
        IReadOnlyList<LocalColumn> Columns, IReadOnlyList<string?[]> Rows, bool Truncated, string Tag, IReadOnlyList<string> Notices, CommandRefusal? CutBy = null) : LocalResult;

    /// <summary>The gateway refused it; nothing of it ran.</summary>
    public sealed record Refused(CommandRefusal Refusal, string SqlState) : LocalResult;

    /// <summary>The server refused it, in words the gateway lets through.</summary>
    public sealed record Failed(string SqlState, string Message, string Detail, string Hint) : LocalResult;

    /// <summary>The session is over, or never began.</summary>
    /// <param name="SqlState">Why, as a code.</param>
    /// <param name="Message">Why, with the remedy.</param>
    /// <param name="WasInTransaction">Whether a transaction was rolled back by that.</param>
    public sealed record Ended(string SqlState, string Message, bool WasInTransaction) : LocalResult;
}

/// <summary>One column of a result.</summary>
/// <param name="Name">As the server names it.</param>
/// <param name="Type">The type's name, or its OID where the gateway has not read it.</param>
public sealed record LocalColumn(string Name, string Type);
