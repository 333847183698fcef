using Sallyport.Api;
using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Recording;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>Evidence bundles: made for auditors, one at a time, and recorded in the ledger before they leave.</summary>
internal static class EvidenceEndpoints
{
    private const string MediaType = "application/zip";
    private const int MaxNameCharacters = 256;

    public static void MapEvidence(this IEndpointRouteBuilder api) =>
        api.MapPost(ApiRoutes.EvidenceExports, ExportAsync).WithName("exportEvidence").WithTags("evidence")
            .Produces(StatusCodes.Status200OK, contentType: MediaType).ProducesApiProblem(400, 403, 503)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Auditor));

    private static async Task ExportAsync(HttpContext context, Recorder recorder, ExportRequest request)
    {
        if (Filter(request) is not { } filter)
        {
            await Problems.Invalid(
                "An export holds either one session, or a period with from before to, narrowed to one agent if asked.",
                "Send {\"session\": ID} or {\"from\": TIME, \"to\": TIME, \"agent\": NAME}.").ExecuteAsync(context);
            return;
        }
        try
        {
            // The bundle is complete in memory before its first byte is written, so a failure can still be answered as one.
            context.Response.ContentType = MediaType;
            context.Response.Headers.ContentDisposition = "attachment; filename=\"evidence.zip\"";
            await recorder.ExportAsync(filter, Caller.Of(context).Principal, context.Response.Body, context.RequestAborted);
        }
        catch (EvidenceSelectionException problem)
        {
            await AnswerAsync(context, Problems.Invalid(problem.Message, "Choose another session or period."));
        }
        catch (LedgerUnavailableException)
        {
            await AnswerAsync(context, Problems.Unavailable("The ledger cannot record the export, so there is none.", "See the gateway's log."));
        }
    }

    private static EvidenceFilter? Filter(ExportRequest request) => request switch
    {
        { Session: { Length: > 0 and <= MaxNameCharacters } session, From: null, To: null, Agent: null } => EvidenceFilter.ForSession(session),
        { Session: null, From: { } from, To: { } to, Agent: null or { Length: > 0 and <= MaxNameCharacters } } when from < to =>
            EvidenceFilter.ForPeriod(from, to, request.Agent),
        _ => null,
    };

    private static Task AnswerAsync(HttpContext context, IResult problem)
    {
        context.Response.Headers.Remove("Content-Disposition");
        return problem.ExecuteAsync(context);
    }
}
