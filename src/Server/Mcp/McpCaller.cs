using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Sallyport.Gateway.Protocols.Postgres.Local;
using Sallyport.Gateway.Transport;
using Sallyport.Server.Access;

namespace Sallyport.Server.Mcp;

/// <summary>What one HTTP request tells a tool about who calls.</summary>
/// <param name="Caller">The verified principal.</param>
/// <param name="Local">The same, for the data plane.</param>
/// <param name="Session">What the client's calls share.</param>
/// <param name="Gone">The client closed the connection that its answer belongs on.</param>
internal sealed record McpCaller(Caller Caller, LocalCaller Local, McpWorkspace Session, CancellationToken Gone)
{
    public const string Protocol = "mcp";

    /// <summary>Where a message keeps it.</summary>
    public const string ItemKey = "sallyport.caller";

    public static McpCaller Of(HttpContext context, McpWorkspace session)
    {
        var caller = Caller.Of(context);
        return new McpCaller(caller, new LocalCaller(caller.Principal, Protocol, PeerOf(context), TlsOf(context)), session, context.RequestAborted);
    }

    private static IPEndPoint? PeerOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, context.Connection.RemotePort) : null;

    private static TlsFacts? TlsOf(HttpContext context) => context.Features.Get<ITlsHandshakeFeature>() is { } tls
        ? new TlsFacts(tls.Protocol.ToString(), tls.NegotiatedCipherSuite?.ToString() ?? "", ApplicationProtocol: null, ServerEndPointBinding: null)
        : null;
}
