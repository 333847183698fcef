using System.Text;
using Sallyport.Gateway.Approvals;

namespace Sallyport.Server.Endpoints;

/// <summary>The page a refusal's URL leads to. It asks nobody to sign in and therefore tells nothing but how to decide.</summary>
internal static class ApprovalSignpost
{
    public static void MapApprovalSignpost(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/approvals/{id}", Get).AllowAnonymous().ExcludeFromDescription();

    // The id is the only part that varies, and only letters and digits get here.
    private static IResult Get(string id) => ApprovalId.IsWellFormed(id)
        ? TypedResults.Text(Page(id), "text/html; charset=utf-8", Encoding.UTF8)
        : Problems.NotFound("That is not the name of an approval request.");

    private static string Page(string id) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Sallyport approval {id}</title></head>
        <body>
        <h1>Approval {id}</h1>
        <p>A command waits for a human decision. It has not been executed.</p>
        <p>To see it, sign in and run:</p>
        <pre>sallyport login
        sallyport approvals show {id}</pre>
        <p>If you are in the rule's approver groups and the command is neither yours nor made on your behalf, decide with one of:</p>
        <pre>sallyport approvals approve {id}
        sallyport approvals deny {id} --reason "why"</pre>
        <p>If you asked for it: wait with <code>sallyport wait {id}</code>, then run the same command again.</p>
        </body>
        </html>
        """;
}
