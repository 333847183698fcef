using System.Text;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;

namespace Sallyport.Server.Endpoints;

/// <summary>The pages that messages about access lead to. They ask nobody to sign in and therefore tell nothing but how to go on.</summary>
internal static class AccessSignposts
{
    public static void MapAccessSignposts(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/access/requests/{id}", OfRequest).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet("/access/grants/{id}", OfGrant).AllowAnonymous().ExcludeFromDescription();
    }

    // The id is the only part that varies, and only letters and digits get here.
    private static IResult OfRequest(string id) => ReadableId.IsWellFormed(id, AccessId.Request)
        ? Page($"Access request {id}", $"""
            <p>Somebody asks for access. It has not been given.</p>
            <p>To see it, sign in and run:</p>
            <pre>sallyport login
            sallyport access show {id}</pre>
            <p>If you are in the rule's approver groups and the request is neither yours nor made on your behalf, decide with one of:</p>
            <pre>sallyport access approve {id}
            sallyport access deny {id} --reason "why"</pre>
            <p>If you asked for it: wait with <code>sallyport wait {id}</code>.</p>
            """)
        : Problems.NotFound("That is not the name of a request for access.");

    private static IResult OfGrant(string id) => ReadableId.IsWellFormed(id, AccessId.Grant)
        ? Page($"Access {id}", $"""
            <p>To see who has it, what for and until when, sign in and run:</p>
            <pre>sallyport login
            sallyport access show {id}</pre>
            <p>End it before its time with:</p>
            <pre>sallyport access revoke {id} --reason "why"</pre>
            <p>If it was an emergency that somebody else opened, and it is over, say what you found:</p>
            <pre>sallyport access review {id} --note "what was done"</pre>
            """)
        : Problems.NotFound("That is not the name of a grant.");

    private static IResult Page(string title, string body) => TypedResults.Text(
        $"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Sallyport: {title}</title></head>
        <body>
        <h1>{title}</h1>
        {body}
        </body>
        </html>
        """,
        "text/html; charset=utf-8",
        Encoding.UTF8);
}
