using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;

namespace Sallyport.Server.Endpoints;

/// <summary>Every answer that is not a success: problem details (RFC 9457) that say what to do.</summary>
internal static class Problems
{
    public static JsonHttpResult<ApiProblem> Unauthenticated(string detail) =>
        Of(StatusCodes.Status401Unauthorized, "Not signed in", detail, "Get a new token, for example with `sallyport login`, and send it as `Authorization: Bearer TOKEN`.");

    public static JsonHttpResult<ApiProblem> Forbidden(string detail) =>
        Of(StatusCodes.Status403Forbidden, "Not allowed", detail, "Ask the gateway's operator which groups have the role.");

    public static JsonHttpResult<ApiProblem> Refused(string detail, string remedy = "Ask a person in the approver groups to decide.") =>
        Of(StatusCodes.Status403Forbidden, "Not allowed", detail, remedy);

    public static JsonHttpResult<ApiProblem> NotFound(string detail) =>
        Of(StatusCodes.Status404NotFound, "Not found", detail, "Check the id; you see only what your role shows you.");

    public static JsonHttpResult<ApiProblem> Invalid(string detail, string remedy) =>
        Of(StatusCodes.Status400BadRequest, "Invalid request", detail, remedy);

    public static JsonHttpResult<ApiProblem> Conflict(string detail, string remedy) =>
        Of(StatusCodes.Status409Conflict, "Conflict", detail, remedy);

    public static JsonHttpResult<ApiProblem> Unavailable(string detail, string remedy) =>
        Of(StatusCodes.Status503ServiceUnavailable, "Not available", detail, remedy);

    public static JsonHttpResult<ApiProblem> Busy(string detail) =>
        Of(StatusCodes.Status429TooManyRequests, "Too many requests", detail, "Wait a moment, then ask again.");

    /// <summary>The problem for an answer that has a status and nothing else.</summary>
    public static JsonHttpResult<ApiProblem> OfStatus(int status) => status switch
    {
        StatusCodes.Status400BadRequest => Invalid(
            "The request's body or parameters are not what this address takes.", "See the OpenAPI document at /openapi/v1.json."),
        StatusCodes.Status401Unauthorized => Unauthenticated("The request is not signed in."),
        StatusCodes.Status403Forbidden => Forbidden("Your groups do not give you the role that this needs."),
        StatusCodes.Status404NotFound => NotFound("There is nothing at this address."),
        StatusCodes.Status405MethodNotAllowed => Of(status, "Method not allowed", "This address does not take this method.", "See the OpenAPI document at /openapi/v1.json."),
        StatusCodes.Status413PayloadTooLarge => Of(
            status, "Request too large", $"A request body has at most {ApiLimits.MaxRequestBytes} bytes.", "Send less."),
        StatusCodes.Status415UnsupportedMediaType => Of(status, "Unsupported media type", "A request body is JSON.", "Send `Content-Type: application/json`."),
        StatusCodes.Status429TooManyRequests => Busy("You ask more often than the gateway answers."),
        >= StatusCodes.Status500InternalServerError => Of(
            status, "The gateway failed", "The gateway could not serve the request; nothing was changed unless the answer says so.", "Try again, or ask its operator for the log."),
        _ => Of(status, "Not served", "The gateway did not serve the request.", "See the OpenAPI document at /openapi/v1.json."),
    };

    private static JsonHttpResult<ApiProblem> Of(int status, string title, string detail, string remedy) => TypedResults.Json(
        new ApiProblem { Title = title, Status = status, Detail = detail, Remedy = remedy },
        ApiJson.Default.ApiProblem,
        ApiProblem.MediaType,
        status);
}
