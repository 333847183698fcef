namespace Sallyport.Api;

/// <summary>Limits of the REST API that both sides enforce.</summary>
public static class ApiLimits
{
    /// <summary>Most characters of a reason a person may give.</summary>
    public const int MaxReasonCharacters = 1000;

    /// <summary>Items on a page when the caller names no limit.</summary>
    public const int DefaultPageItems = 50;

    /// <summary>Most items on one page.</summary>
    public const int MaxPageItems = 500;

    /// <summary>Longest time one wait request is held open; a caller that wants to wait longer asks again.</summary>
    public const int MaxWaitSeconds = 60;

    /// <summary>Most bytes of a request body.</summary>
    public const int MaxRequestBytes = 16 * 1024;

    /// <summary>Most statements in one request to explain.</summary>
    public const int MaxExplainedStatements = 20;

    /// <summary>Most bytes of UTF-8 text in one request to explain.</summary>
    public const int MaxExplainedBytes = 256 * 1024;

    /// <summary>Most bytes of the body of such a request, whose text may be escaped.</summary>
    public const int MaxExplainRequestBytes = 1024 * 1024;

    /// <summary>Most bytes of a JSON or text answer the client reads.</summary>
    public const int MaxResponseBytes = 8 * 1024 * 1024;
}
