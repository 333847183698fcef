namespace Sallyport.Gateway.Policy;

/// <summary>What a statement may do with the values of a tagged column besides having them masked. Each level includes the ones before it.</summary>
public enum PredicateLevel
{
    /// <summary>Nothing: no condition, no join, no grouping, no order.</summary>
    None,

    /// <summary>The stored value as it is: <c>=</c>, <c>&lt;&gt;</c>, <c>IN</c>, <c>= ANY</c>, <c>IS NULL</c>, joins, GROUP BY, ORDER BY.</summary>
    Strict,

    /// <summary>Also <c>lower</c>, <c>upper</c> and trims of it, and set operations with a few literals. The default.</summary>
    Equality,

    /// <summary>Also LIKE, regular expressions, ranges, containment, full text, lengths; grouping by parts of a date.</summary>
    Search,
}
