namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>What the options of a COPY say about the data it sends. Whether they are valid is the server's business.</summary>
internal sealed record CopySettings
{
    public CopyFormat Format { get; init; }

    /// <summary>DELIMITER, or null for the format's own.</summary>
    public string? Delimiter { get; init; }

    /// <summary>NULL, or null for the format's own.</summary>
    public string? Null { get; init; }

    /// <summary>QUOTE, or null for the format's own.</summary>
    public string? Quote { get; init; }

    /// <summary>ESCAPE, or null for the quote.</summary>
    public string? Escape { get; init; }

    /// <summary>FORCE_QUOTE.</summary>
    public IReadOnlyList<string> ForceQuote { get; init; } = [];

    /// <summary>FORCE_QUOTE *.</summary>
    public bool ForcesAllQuotes { get; init; }

    /// <summary>Every value above could be read.</summary>
    public bool IsReadable { get; init; } = true;
}
