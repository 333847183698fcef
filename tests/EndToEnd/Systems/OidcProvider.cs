using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>A real OpenID provider (npm <c>oidc-provider</c>) on loopback. Programs: agent-1, agent-2. People: alice, bob, carol, oscar, audrey.</summary>
internal sealed partial class OidcProvider : IAsyncDisposable
{
    public const string ClientSecret = "s3cret";
    public const string CliClientId = "sallyport-cli";
    private const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";
    private const int MaxRedirects = 20;

    private readonly ChildProcess _server;
    private readonly HttpClient _http = new();

    private OidcProvider(string issuer, ChildProcess server)
    {
        Issuer = issuer;
        _server = server;
    }

    public string Issuer { get; }

    public static async Task<OidcProvider> StartAsync()
    {
        var folder = TestRun.Subdirectory("oidc");
        File.Copy(Path.Combine(TestRun.Repository, "tests", "EndToEnd", "node", "oidc.mjs"), Path.Combine(folder, "oidc.mjs"));
        File.CreateSymbolicLink(Path.Combine(folder, "node_modules"), TestRun.NodeModules);
        var port = TestRun.FreePort();
        var server = ChildProcess.Start(new Launch(TestRun.Node, "oidc.mjs", port.ToString()) { Directory = folder });
        await TestRun.UntilAsync("the OpenID provider is ready", () => server.Output.Contains("ready", StringComparison.Ordinal) || server.HasExited);
        Assert.False(server.HasExited, server.Error);
        return new OidcProvider($"http://127.0.0.1:{port}", server);
    }

    /// <summary>The resource that asks for a token of the given form.</summary>
    public static string Resource(string algorithm = "es256", int seconds = 600, string audience = "sallyport") =>
        $"urn:sallyport:{algorithm}:{seconds}:{audience}";

    /// <summary>A program's own token (client credentials).</summary>
    public Task<string> AgentTokenAsync(string clientId, string? resource = null, string? runId = null) => TokenAsync(new()
    {
        ["grant_type"] = "client_credentials",
        ["client_id"] = clientId,
        ["client_secret"] = ClientSecret,
        ["scope"] = "gate:connect",
        ["resource"] = resource ?? Resource(),
        ["run_id"] = runId ?? "",
    });

    /// <summary>A token with which a program acts for a person (token exchange, <c>act</c> names the program).</summary>
    public async Task<string> AgentForAsync(string clientId, string person, string? resource = null, string? runId = null) => await TokenAsync(new()
    {
        ["grant_type"] = TokenExchange,
        ["client_id"] = clientId,
        ["client_secret"] = ClientSecret,
        ["subject_token"] = await HumanTokenAsync(person),
        ["subject_token_type"] = "urn:ietf:params:oauth:token-type:access_token",
        ["resource"] = resource ?? Resource(),
        ["run_id"] = runId ?? "",
    });

    /// <summary>A person's token: the device flow, with the person's browser played by <see cref="SignInAsync"/>.</summary>
    public async Task<string> HumanTokenAsync(string person, string? resource = null)
    {
        using var started = await PostAsync("/device/auth", new()
        {
            ["client_id"] = CliClientId,
            ["scope"] = "openid gate:connect",
            ["resource"] = resource ?? Resource(),
        });
        await SignInAsync(started.RootElement.GetProperty("verification_uri_complete").GetString()!, person);
        return await TokenAsync(new()
        {
            ["grant_type"] = DeviceCode,
            ["client_id"] = CliClientId,
            ["device_code"] = started.RootElement.GetProperty("device_code").GetString()!,
        });
    }

    /// <summary>Opens the page as the person would, and submits each form until the provider says that the device is signed in.</summary>
    public static async Task SignInAsync(string page, string person)
    {
        using var handler = new HttpClientHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = true, MaxAutomaticRedirections = MaxRedirects };
        using var browser = new HttpClient(handler);
        var address = new Uri(page);
        using var first = await browser.GetAsync(address);
        var response = first;
        for (var step = 0; step < MaxRedirects; step++)
        {
            var html = await response.Content.ReadAsStringAsync();
            var form = FormPattern.Match(html);
            if (!form.Success)
            {
                Assert.True(response.IsSuccessStatusCode, html);
                Assert.Contains("Sign-in Success", html);
                return;
            }

            var fields = InputPattern.Matches(html).Select(m => m.Value).Where(i => Attribute(i, "name") is not null)
                .ToDictionary(i => Attribute(i, "name")!, i => WebUtility.HtmlDecode(Attribute(i, "value") ?? ""));
            if (fields.ContainsKey("login"))
            {
                fields["login"] = person;
                fields["password"] = "any";
            }

            fields.Remove("abort");
            address = new Uri(response.RequestMessage!.RequestUri!, WebUtility.HtmlDecode(Attribute(form.Value, "action")!));
            response = await browser.PostAsync(address, new FormUrlEncodedContent(fields));
        }

        throw new InvalidOperationException("The sign-in did not end.");
    }

    public void Stop() => _server.Kill();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [GeneratedRegex("<form[^>]*>", RegexOptions.None, 1000)]
    private static partial Regex FormPattern { get; }

    [GeneratedRegex("<input[^>]*>", RegexOptions.None, 1000)]
    private static partial Regex InputPattern { get; }

    private static string? Attribute(string tag, string name)
    {
        var match = Regex.Match(tag, $"\\b{name}=(?:\"([^\"]*)\"|([^\\s>]+))", RegexOptions.None, TimeSpan.FromSeconds(1));
        return match.Success ? match.Groups[1].Value + match.Groups[2].Value : null;
    }

    private async Task<string> TokenAsync(Dictionary<string, string> form)
    {
        using var answer = await PostAsync("/token", form);
        return answer.RootElement.GetProperty("access_token").GetString()!;
    }

    private async Task<JsonDocument> PostAsync(string path, Dictionary<string, string> form)
    {
        using var response = await _http.PostAsync(new Uri(Issuer + path), new FormUrlEncodedContent(form.Where(f => f.Value.Length > 0)));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {text}");
        return JsonDocument.Parse(text);
    }
}
