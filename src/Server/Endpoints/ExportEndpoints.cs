using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Exports;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>How far the copies of the ledger's records are.</summary>
internal static class ExportEndpoints
{
    public static void MapExports(this IEndpointRouteBuilder api) =>
        api.MapGet(ApiRoutes.Exports, List).WithName("listExports").WithTags("exports").ProducesApiProblem(403)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator, Roles.Auditor));

    private static Ok<ExportList> List(ExportDesk desk) => TypedResults.Ok(new ExportList([.. desk.Exporters.Select(Resource)]));

    private static ExportResource Resource(Exporter exporter)
    {
        var state = exporter.State;
        return new ExportResource
        {
            Name = exporter.Configuration.Name,
            Kind = NameOf(exporter.Configuration.Kind),
            Format = NameOf(exporter.Configuration.Format),
            State = StateOf(state),
            Next = state.Next,
            Waiting = state.Waiting,
            LagSeconds = (long)state.Lag.TotalSeconds,
            Sent = state.Sent,
            Failing = state.Failing,
            LastSentAt = state.LastSentAt,
            LastProblem = state.LastProblem.Length > 0 ? state.LastProblem : null,
            LastProblemAt = state.LastProblemAt,
        };
    }

    private static string StateOf(ExportState state) => state switch
    {
        { IsBehind: true } => "behind",
        { Failing: > 0 } => "failing",
        { Waiting: > 0 } => "sending",
        _ => "up-to-date",
    };

    private static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
