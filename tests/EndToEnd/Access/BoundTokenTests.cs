using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>Tokens bound to a client certificate (RFC 8705): a stolen one opens nothing.</summary>
public sealed class BoundTokenTests(BoundTokenTests.Fixture fixture) : IClassFixture<BoundTokenTests.Fixture>
{
    [Fact]
    public async Task A_token_exchanged_with_a_certificate_counts_with_that_certificate_only()
    {
        var (own, other) = (ClientCertificate.Create("agent"), ClientCertificate.Create("thief"));
        var token = await ExchangeAsync(own);
        Assert.Equal("1", (await Psql(token, own).QueryAsync("SELECT 1")).Expect(0).Output.Trim());
        foreach (var shown in (ClientCertificate?[])[null, other])
        {
            Assert.Contains("bound to a client certificate", (await Psql(token, shown).QueryAsync("SELECT 1")).Error);
            Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(token, shown));
        }

        Assert.Equal(HttpStatusCode.OK, await MeAsync(token, own));
        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Contains(records.OfKind("token.issue"), r => r.GetProperty("bound").GetString() == "certificate");
        Assert.Contains(records.OfKind("auth.fail"), r => r.GetProperty("reason").GetString() == "certificate-not-shown");
    }

    [Fact]
    public async Task An_issuers_own_bound_token_counts_the_same_way_and_a_bearer_token_needs_no_certificate()
    {
        var own = ClientCertificate.Create("agent");
        var bound = Shared.Issuer.Sign(LocalIssuer.Claims("agent-1", "agent-1", "reporting-agents", change: claims =>
            claims["cnf"] = new Dictionary<string, string> { ["x5t#S256"] = own.Thumbprint }));
        (await Psql(bound, own).QueryAsync("SELECT 1")).Expect(0);
        // Twice: the second handshake may resume the first one's session.
        (await Psql(bound, own).QueryAsync("SELECT 1")).Expect(0);
        Assert.Contains("bound to a client certificate", (await Psql(bound, null).QueryAsync("SELECT 1")).Error);
        (await Psql(Shared.Issuer.Agent("agent-1"), null).QueryAsync("SELECT 1")).Expect(0);
        (await Psql(Shared.Issuer.Agent("agent-1"), own).QueryAsync("SELECT 1")).Expect(0);
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_signs_an_agent_in_where_the_client_asks_for_it()
    {
        var trusted = ClientCertificate.Create("ignored", Fixture.Authority, "spiffe://clinic.example/agents/reporting");
        Assert.Equal("1", (await ByCertificate(trusted).QueryAsync("SELECT 1")).Expect(0).Output.Trim());
        var cases = new (ClientCertificate? Certificate, string Refusal)[]
        {
            (null, "no client certificate was shown"),
            (ClientCertificate.Create("self-signed"), "not of an authority"),
            (ClientCertificate.Create("expired", Fixture.Authority, "spiffe://clinic.example/agents/reporting", days: -1), "not of an authority"),
            (ClientCertificate.Create("nameless", Fixture.Authority), "does not name exactly one principal"),
            (ClientCertificate.Create("stranger", Fixture.Authority, "spiffe://clinic.example/agents/other"), "NOT CONNECTED"),
        };
        foreach (var (certificate, refusal) in cases)
        {
            Assert.Contains(refusal, (await ByCertificate(certificate).QueryAsync("SELECT 1")).Error);
        }

        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Contains(records.OfKind("auth.ok"), r => r.GetProperty("iss").GetString() == Fixture.AuthorityName);
        Assert.Contains(records.OfKind("auth.fail"), r => r.GetProperty("reason").GetString() == "certificate-not-trusted");
    }

    private Psql ByCertificate(ClientCertificate? certificate)
    {
        var psql = Psql("", certificate);
        return psql with { Environment = new Dictionary<string, string>(psql.Environment) { ["PGOPTIONS"] = "-c sallyport.auth=certificate" } };
    }

    private Psql Psql(string token, ClientCertificate? certificate) => fixture.Gateway.Psql(token) with
    {
        Environment = certificate is null
            ? new Dictionary<string, string> { ["PGSSLCERT"] = "/nonexistent" }
            : new Dictionary<string, string> { ["PGSSLCERT"] = certificate.CertificateFile, ["PGSSLKEY"] = certificate.KeyFile },
    };

    private async Task<HttpStatusCode> MeAsync(string token, ClientCertificate? certificate)
    {
        using var http = Http(certificate);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me");
        request.Headers.Authorization = new("Bearer", token);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private async Task<string> ExchangeAsync(ClientCertificate certificate)
    {
        using var http = Http(certificate);
        using var response = await http.PostAsync(new Uri("/oauth/token", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
            ["subject_token"] = Shared.Issuer.Human("alice", "reporting-agents"),
            ["subject_token_type"] = "urn:ietf:params:oauth:token-type:access_token",
            ["actor"] = "coder",
        }));
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer.GetProperty("access_token").GetString()!;
    }

    private HttpClient Http(ClientCertificate? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = TestCertificates.Instance.Trust();
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate.Load()];
        }

        return new HttpClient(handler) { BaseAddress = new Uri(fixture.Gateway.ApiUrl) };
    }

    /// <summary>A certificate nobody but its holder has signed.</summary>
    private sealed record ClientCertificate(string CertificateFile, string KeyFile, string Thumbprint)
    {
        public static ClientCertificate Create(string name, X509Certificate2? authority = null, string? uri = null, int days = 1)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var now = TimeProvider.System.GetUtcNow();
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            if (uri is not null)
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddUri(new Uri(uri));
                request.CertificateExtensions.Add(names.Build());
            }

            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
            using var certificate = authority is null
                ? request.CreateSelfSigned(now.AddDays(-1), now.AddDays(days))
                : request.Create(authority, now.AddDays(-2), now.AddDays(days), RandomNumberGenerator.GetBytes(8));
            var folder = TestRun.Subdirectory("client");
            var created = new ClientCertificate(Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"), Base64Url.EncodeToString(SHA256.HashData(certificate.RawData)));
            File.WriteAllText(created.CertificateFile, certificate.ExportCertificatePem() + "\n");
            File.WriteAllText(created.KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
            File.SetUnixFileMode(created.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return created;
        }

        public X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
    }

    public sealed class Fixture : GatewayFixture
    {
        internal const string AuthorityName = "https://ca.example.test";

        internal static X509Certificate2 Authority { get; } = CreateAuthority();

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings)
        {
            var file = Path.Combine(TestRun.Subdirectory("authority"), "ca.pem");
            File.WriteAllText(file, Authority.ExportCertificatePem() + "\n");
            return Task.FromResult(settings with
            {
                Tls = true,
                TlsMore = ", clientCertificates: optional",
                MoreIssuers = $"- {{issuer: {AuthorityName}, kind: agent, clientCertificates: {{ca: {file}, principal: uri}}}}",
                Grants = $"{GatewaySettings.AllowAll}\n- {{name: workloads, principals: [\"agent:spiffe://clinic.example/agents/reporting@{AuthorityName}\"], target: clinic, allow: [read]}}",
                More = $"tokens: {{delegations: [{{name: laptops, agents: [\"coder@{LocalIssuer.Issuer}\"], humans: [reporting-agents], declared: true}}]}}",
            });
        }

        private static X509Certificate2 CreateAuthority()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=Sallyport test workloads", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
            var now = TimeProvider.System.GetUtcNow();
            return request.CreateSelfSigned(now.AddDays(-3), now.AddDays(2));
        }
    }
}
