using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.SignIn;

namespace Sallyport.Cli.Connection;

/// <summary>The options every command that talks to a gateway has, and the connection they describe.</summary>
internal sealed class GatewayOptions
{
    public const string DefaultProfile = "default";

    private readonly Option<string?> _gateway = new("--gateway")
    {
        Description = "The gateway, https://HOST[:PORT]. Else SALLYPORT_GATEWAY, the configuration file, what `login` was told.",
        HelpName = "URL",
    };

    private readonly Option<string?> _authority = new("--ca")
    {
        Description = "PEM file of the authority that signed the gateway's and the issuer's certificates. Else SALLYPORT_CA.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _profile = new("--profile")
    {
        Description = "Which sign-in to use. Else SALLYPORT_PROFILE, else `default`.",
        HelpName = "NAME",
    };

    private readonly bool _namesGateway;

    /// <param name="namesGateway">False for commands that only need the sign-in.</param>
    public GatewayOptions(bool namesGateway = true) => _namesGateway = namesGateway;

    public void AddTo(Command command)
    {
        if (_namesGateway)
        {
            command.Options.Add(_gateway);
        }

        command.Options.Add(_authority);
        command.Options.Add(_profile);
    }

    public string ProfileName(ParseResult parsed, Surroundings surroundings) =>
        TokenStore.Checked(parsed.GetValue(_profile) ?? surroundings.NonEmpty("SALLYPORT_PROFILE") ?? DefaultProfile);

    public ProfileSettings Profile(ParseResult parsed, Surroundings surroundings) => Settings.Of(ProfileName(parsed, surroundings), surroundings);

    /// <summary>The gateway's address as far as the user said one here, or null.</summary>
    public string? GatewaySaid(ParseResult parsed, Surroundings surroundings) =>
        (_namesGateway ? parsed.GetValue(_gateway) : null) ?? surroundings.NonEmpty("SALLYPORT_GATEWAY") ?? Profile(parsed, surroundings).Gateway;

    /// <summary>The private authority's file as far as the user said one here, or null.</summary>
    public string? AuthoritySaid(ParseResult parsed, Surroundings surroundings) =>
        parsed.GetValue(_authority) ?? surroundings.NonEmpty("SALLYPORT_CA") ?? Profile(parsed, surroundings).Ca;

    /// <summary>The tokens of the chosen sign-in.</summary>
    public AccessTokens Tokens(ParseResult parsed, Surroundings surroundings) =>
        new(new TokenStore(surroundings), ProfileName(parsed, surroundings), AuthoritySaid(parsed, surroundings), surroundings);

    /// <summary>A client of the chosen gateway, signed in.</summary>
    public GatewayConnection Connect(ParseResult parsed, Surroundings surroundings)
    {
        var remembered = new TokenStore(surroundings).Read(ProfileName(parsed, surroundings));
        var address = GatewaySaid(parsed, surroundings) ?? remembered?.Gateway ?? throw new CliException(
            ExitCode.Usage, "No gateway is named.", "Give --gateway https://HOST[:PORT] or set SALLYPORT_GATEWAY.");
        var http = HttpClients.Create(AuthoritySaid(parsed, surroundings) ?? remembered?.Ca);
        http.BaseAddress = SecureUri.Parse(address, "gateway");
        return new GatewayConnection(http, Tokens(parsed, surroundings), surroundings);
    }
}

/// <summary>One command's client of the gateway.</summary>
internal sealed class GatewayConnection(HttpClient http, AccessTokens tokens, Surroundings surroundings) : IDisposable
{
    /// <summary>For what the typed client does not speak; its base address is the gateway.</summary>
    public HttpClient Http => http;

    /// <summary>A token that is still good.</summary>
    public ValueTask<string> TokenAsync(CancellationToken cancellationToken) => tokens.GetAsync(cancellationToken);

    public SallyportClient Client { get; } = new(http, tokens.GetAsync, new SallyportClientOptions { TimeProvider = surroundings.Time });

    public void Dispose() => http.Dispose();
}
