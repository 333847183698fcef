using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Configuration;
using Sallyport.Server.Access;
using Sallyport.Server.Mcp;
using Sallyport.Server.Notifications;

namespace Sallyport.Server.Endpoints;

/// <summary>How the places do that are told when somebody waits, and a test of each.</summary>
internal static class NotificationEndpoints
{
    public static void MapNotifications(this IEndpointRouteBuilder api)
    {
        api.MapGet(ApiRoutes.Notifications, List).WithName("listNotifications").WithTags("notifications").ProducesApiProblem(403)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator));
        api.MapPost(ApiRoutes.NotificationTest, TestAsync).WithName("testNotification").WithTags("notifications").ProducesApiProblem(403, 404)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator)).RequireRateLimiting(RequestRate.TargetWork);
    }

    private static Ok<NotificationList> List(NotificationDesk desk) => TypedResults.Ok(new NotificationList([.. desk.Channels.Select(Resource)]));

    private static async Task<Results<Ok<NotificationTestResource>, JsonHttpResult<ApiProblem>>> TestAsync(
        HttpContext context, NotificationDesk desk, PublicAddress address, TimeProvider time, string id)
    {
        if (desk.Channels.FirstOrDefault(channel => channel.Configuration.Name == id) is not { } channel)
        {
            return Problems.NotFound("There is no such notification in the configuration.");
        }
        var caller = Caller.Of(context).Principal;
        var problem = await channel.TryAsync(
            new Notification
            {
                Id = NotificationDesk.NewId(),
                Event = NotificationEvents.None,
                About = channel.Configuration.Name,
                Kind = caller.Kind,
                Requester = caller.Name,
                Target = "",
                Class = "",
                Rule = "",
                At = time.GetUtcNow(),
                Link = address.Url,
            },
            context.RequestAborted);
        return TypedResults.Ok(new NotificationTestResource(problem is null, problem));
    }

    private static NotificationResource Resource(NotificationChannel channel)
    {
        var state = channel.State;
        return new NotificationResource
        {
            Name = channel.Configuration.Name,
            Kind = channel.Configuration.Kind.ToString().ToLowerInvariant(),
            Events = [.. Enum.GetValues<NotificationEvents>()
                .Where(known => int.IsPow2((int)known) && channel.Configuration.Events.HasFlag(known))
                .Select(known => JsonNamingPolicy.KebabCaseLower.ConvertName(known.ToString()))],
            Queued = state.Queued,
            Sent = state.Sent,
            Lost = state.Lost,
            Failing = state.Failing,
            LastSentAt = state.LastSentAt,
            LastProblem = state.LastProblem.Length > 0 ? state.LastProblem : null,
            LastProblemAt = state.LastProblemAt,
        };
    }
}
