using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Evidence.Log;

namespace Sallyport.Server.Endpoints;

/// <summary>The ledger's signed head and the key it is signed with, for auditors and witnesses to keep.</summary>
internal static class LedgerEndpoints
{
    public static void MapLedger(this IEndpointRouteBuilder api)
    {
        api.MapGet(ApiRoutes.LedgerCheckpoint, CheckpointAsync).WithName("getCheckpoint").WithTags("ledger").ProducesApiProblem(503);
        api.MapGet(ApiRoutes.LedgerKey, Key).WithName("getLedgerKey").WithTags("ledger");
    }

    private static async Task<Results<Utf8ContentHttpResult, JsonHttpResult<ApiProblem>>> CheckpointAsync(HttpContext context, Ledger ledger)
    {
        try
        {
            var (_, note) = await ledger.PublishNoteAsync(context.RequestAborted);
            return TypedResults.Text(note, "text/plain; charset=utf-8");
        }
        catch (LedgerUnavailableException)
        {
            return Problems.Unavailable("The ledger cannot sign a new checkpoint.", "See the gateway's log.");
        }
    }

    private static Ok<LedgerKeyResource> Key(Ledger ledger) => TypedResults.Ok(new LedgerKeyResource(ledger.Origin, ledger.VerifierKey));
}
