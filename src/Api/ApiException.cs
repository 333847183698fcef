using System.Net;

namespace Sallyport.Api;

/// <summary>What kind of answer ended a request.</summary>
public enum ApiFailure
{
    /// <summary>No answer: connection, name, certificate or time-out.</summary>
    Unreachable,

    /// <summary>401: the token is missing, expired or not accepted.</summary>
    Unauthenticated,

    /// <summary>403: the caller may not do this.</summary>
    Refused,

    /// <summary>404: no such object, or not one the caller may see.</summary>
    NotFound,

    /// <summary>409: the object is not in a state that allows this, e.g. already decided.</summary>
    Conflict,

    /// <summary>Another 4xx: the request was not understood.</summary>
    InvalidRequest,

    /// <summary>5xx or 429: the gateway cannot serve this now.</summary>
    Unavailable,

    /// <summary>An answer that is not this API's.</summary>
    UnexpectedAnswer,
}

/// <summary>A request to the gateway that did not succeed; <see cref="Exception.Message"/> is one sentence for a person.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Makes a failure that has no problem document.</summary>
    public ApiException(ApiFailure failure, string message, string remedy, Exception? innerException = null)
        : base(message, innerException)
    {
        Failure = failure;
        Remedy = remedy;
    }

    /// <summary>Makes a failure from the gateway's own words.</summary>
    public ApiException(ApiProblem problem)
        : base(problem.Detail.Length > 0 ? problem.Detail : problem.Title)
    {
        Failure = FailureOf((HttpStatusCode)problem.Status);
        Remedy = problem.Remedy;
        Problem = problem;
    }

    /// <summary>The kind of failure.</summary>
    public ApiFailure Failure { get; }

    /// <summary>One sentence: what to do; empty when nothing can be said.</summary>
    public string Remedy { get; }

    /// <summary>The problem document, when there was one.</summary>
    public ApiProblem? Problem { get; }

    /// <summary>The kind of failure a status stands for.</summary>
    public static ApiFailure FailureOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ApiFailure.Unauthenticated,
        HttpStatusCode.Forbidden => ApiFailure.Refused,
        HttpStatusCode.NotFound => ApiFailure.NotFound,
        HttpStatusCode.Conflict => ApiFailure.Conflict,
        HttpStatusCode.TooManyRequests => ApiFailure.Unavailable,
        >= HttpStatusCode.InternalServerError => ApiFailure.Unavailable,
        >= HttpStatusCode.BadRequest => ApiFailure.InvalidRequest,
        _ => ApiFailure.UnexpectedAnswer,
    };
}
