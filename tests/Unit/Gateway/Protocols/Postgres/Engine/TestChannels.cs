using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

/// <summary>The side channels of a session whose target has the tagged table clinic.patients and reported the time zone UTC.</summary>
internal static class TestChannels
{
    public static SideChannels Create(out InferenceWatch watch, SessionRecorder? recorder = null, GatewayMetrics? metrics = null, InferencePolicy? policy = null)
    {
        var budget = new InferenceBudgets(TimeProvider.System).ForSession("p_1", "clinic", () => policy ?? InferencePolicy.Default);
        watch = new InferenceWatch(budget, recorder!, metrics!);
        return new SideChannels(
            watch, new NotificationFilter(), process: 9, new PredictedParameters([new("TimeZone", "UTC")]), static (schema, table) => (schema, table) == ("clinic", "patients"));
    }
}
