namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>Tags the analysis gives by itself. Their values are no plain identifiers, so their mask is always a constant, whatever the configuration says.</summary>
public static class ReservedTags
{
    /// <summary>A stored column computed from tagged ones: materialised views, generated columns. A pseudonym of it would tell equal values.</summary>
    public const string Derived = "DERIVED";

    /// <summary>A column that was added to a tagged table after the gateway first saw it.</summary>
    public const string Unclassified = "UNCLASSIFIED";

    /// <summary>SQL text of other sessions, which holds literals.</summary>
    public const string SqlText = "SQLTEXT";

    /// <summary>System catalogue columns that hold copies of stored values, or secrets.</summary>
    public const string SystemData = "SYSTEM";

    /// <summary>The result of a user function that nobody has declared free of PHI.</summary>
    public const string Function = "FUNCTION";

    public static bool Contains(string tag) => tag is Derived or Unclassified or SqlText or SystemData or Function;
}
