using System.Net;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Local;

/// <summary>Who speaks to the gateway by another protocol, authenticated by it.</summary>
/// <param name="Principal">Who it is.</param>
/// <param name="Protocol">How they speak, as the session's record names it, such as <c>mcp</c>.</param>
/// <param name="Peer">Where they are; null for this machine.</param>
/// <param name="Tls">How their connection is protected; null for not at all.</param>
public sealed record LocalCaller(Principal Principal, string Protocol, IPEndPoint? Peer, TlsFacts? Tls);
