namespace Sallyport.Api;

/// <summary>Why a request was not served: problem details (RFC 9457) with the gateway's own <c>remedy</c>.</summary>
public sealed record ApiProblem
{
    /// <summary>The media type of this object.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>A URI reference that names the kind of problem.</summary>
    public string Type { get => field ?? "about:blank"; init; }

    /// <summary>The kind of problem in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>One sentence about this occurrence. Holds no value of a statement and no part of a token.</summary>
    public string Detail { get => field ?? ""; init; }

    /// <summary>One sentence: what to do about it.</summary>
    public string Remedy { get => field ?? ""; init; }
}
