// A token issuer for ./demo and for nothing else: it knows no password. It refuses to start outside the demo, and listens
// on the loopback interface only.
// usage: SALLYPORT_DEMO=1 sallyport-dev-issuer PORT
using System.Globalization;
using System.Net;
using Sallyport.DevIssuer;

if (Environment.GetEnvironmentVariable("SALLYPORT_DEMO") != "1")
{
    await Console.Error.WriteLineAsync("sallyport-dev-issuer gives a token to whoever asks. It runs only inside ./demo.");
    return 2;
}

if (args.Length != 1 || !int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > IPEndPoint.MaxPort)
{
    await Console.Error.WriteLineAsync("usage: SALLYPORT_DEMO=1 sallyport-dev-issuer PORT");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, port);
    kestrel.Limits.MaxRequestBodySize = 64 * 1024;
});

await using var application = builder.Build();
using var issuer = new Issuer($"http://127.0.0.1:{port}", TimeProvider.System);
issuer.Map(application);
await application.RunAsync();
return 0;
