using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Server.Hosting;

/// <summary>Logs and counts what an operator has to know of a target's schema.</summary>
internal sealed partial class CatalogAlerts(ILogger<CatalogAlerts> logger, GatewayMetrics metrics)
{
    public void Report(CatalogAlert alert)
    {
        metrics.CatalogAlarm(alert.Kind);
        Found(alert.Target, alert.Kind, alert.Text);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Target {Target}: {Kind}: {Text}")]
    private partial void Found(string target, string kind, string text);
}
