using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>listen:</c>, <c>tls:</c>, <c>insecureLoopback:</c> and <c>publicUrl:</c>, which have to fit each other.</summary>
internal static class ListenBinder
{
    private static readonly Dictionary<string, PostgresSignIn> SignIns = new(StringComparer.Ordinal)
    {
        ["password"] = PostgresSignIn.Password,
        ["oauth"] = PostgresSignIn.OAuth,
    };

    private static readonly Dictionary<string, bool> AsksForCertificate = new(StringComparer.Ordinal) { ["none"] = false, ["optional"] = true };

    public static (ListenConfiguration Listen, TlsConfiguration? Tls, bool InsecureLoopback, Uri PublicUrl) Bind(Section root, Binding binding, string origin)
    {
        root.Require("listen");
        var listen = Listen(root.Child("listen"));
        var tls = Tls(root.Child("tls"), binding);
        var insecureLoopback = root.Flag("insecureLoopback") ?? false;
        if (!root.Has("tls"))
        {
            CheckWithoutTls(root, listen, insecureLoopback);
        }
        return (listen, tls, insecureLoopback, root.Address("publicUrl") ?? PublicUrl(listen, origin));
    }

    private static ListenConfiguration Listen(Section? section)
    {
        if (section is null)
        {
            return new ListenConfiguration(null, null, null);
        }
        var listen = new ListenConfiguration(Endpoint(section, "postgres"), Endpoint(section, "https"), Endpoint(section, "http"))
        {
            PostgresSignIn = section.Choice("postgresSignIn", SignIns) ?? PostgresSignIn.Password,
            OAuthIssuer = section.Text("oauthIssuer"),
            OAuthScope = section.Text("oauthScope") ?? "",
        };
        section.Finish();
        if (section.Has("https") && section.Has("http"))
        {
            section.Problem("http", "both https and http are given", "keep https");
        }
        if (!section.Has("https") && !section.Has("http"))
        {
            section.Problems.Add(section.Line, "neither https nor http is given, so nobody could approve anything", "add https: 0.0.0.0:8443");
        }
        if (listen.Http is { } http && !IPAddress.IsLoopback(http.Address))
        {
            section.Problem("http", "http is for loopback only, since it carries tokens", "use https, or listen on 127.0.0.1");
        }
        return listen;
    }

    private static IPEndPoint? Endpoint(Section section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return null;
        }
        if (Scalars.TryListen(text, out var endpoint))
        {
            return endpoint;
        }
        section.Problem(key, $"listen.{key} is not an address to listen on", "write IP:PORT, such as 0.0.0.0:6432 or [::]:6432");
        return null;
    }

    private static TlsConfiguration? Tls(Section? section, Binding binding)
    {
        if (section is null)
        {
            return null;
        }
        section.Require("certificate");
        section.Require("key");
        var certificate = binding.ReadableFile(section, "certificate");
        var key = binding.ReadableFile(section, "key", isSecret: true);
        var asks = section.Choice("clientCertificates", AsksForCertificate) ?? false;
        section.Finish();
        if (certificate is null || key is null)
        {
            return null;
        }
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            section.Problem("key", $"{certificate} and {key} are not a certificate and its key", "name PEM files (chain first, unencrypted key) that belong together");
            return null;
        }
        return new TlsConfiguration(certificate, key, asks);
    }

    /// <summary>Tokens travel inside TLS, or not at all; the one exception has to be asked for and stays on this machine.</summary>
    private static void CheckWithoutTls(Section root, ListenConfiguration listen, bool insecureLoopback)
    {
        const string Remedy = "add tls: {certificate: FILE, key: FILE}";
        if (listen.Https is not null)
        {
            root.Problem("listen", "https needs a certificate", Remedy);
        }
        if (listen.Postgres is not { } postgres)
        {
            return;
        }
        if (!IPAddress.IsLoopback(postgres.Address))
        {
            root.Problem("listen", "postgres listens beyond loopback, where tokens are taken inside TLS only", Remedy);
        }
        else if (!insecureLoopback)
        {
            root.Problem("listen", "postgres has no TLS, so no token would be taken", Remedy + ", or insecureLoopback: true on a machine of your own");
        }
    }

    private static Uri PublicUrl(ListenConfiguration listen, string origin)
    {
        var (scheme, endpoint) = listen.Https is null ? ("http", listen.Http) : ("https", listen.Https);
        var port = endpoint?.Port ?? 443;
        var isAny = endpoint is null || endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any);
        var host = isAny ? origin : endpoint!.Address.ToString();
        // Without a usable origin (a problem of its own) any address will do: the configuration is refused anyway.
        return new UriBuilder(scheme, Uri.CheckHostName(host) == UriHostNameType.Unknown ? "localhost" : host, port).Uri;
    }
}
