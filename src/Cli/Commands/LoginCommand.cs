using System.CommandLine;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;
using Sallyport.Cli.SignIn;

namespace Sallyport.Cli.Commands;

/// <summary><c>login</c>: gets a token from the identity provider, or one of the gateway for what the machine has, and keeps it.</summary>
internal sealed class LoginCommand
{
    private readonly GatewayOptions _gateway = new();

    private readonly AgentOptions _agent = new();

    private readonly Option<string?> _issuer = new("--issuer") { Description = "The identity provider, https://HOST[/PATH].", HelpName = "URL" };

    private readonly Option<string?> _clientId = new("--client-id") { Description = "The OAuth client to sign in as.", HelpName = "ID" };

    private readonly Option<string?> _secretFile = new("--client-secret-file")
    {
        Description = $"File that holds the client secret. Else {ClientSecrets.Variable}. With a secret an agent signs in by itself.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _device = new("--device") { Description = "Sign a person in by a code on another device (the default without a secret)." };

    private readonly Option<bool> _client = new("--client") { Description = "Sign in as a client with its secret (the default with a secret)." };

    private readonly Option<string?> _scope = new("--scope") { Description = "Scopes to ask for, separated by spaces.", HelpName = "SCOPES" };

    private readonly Option<string?> _audience = new("--audience") { Description = "Audience to ask for, where the issuer takes one. For --ci: the pipeline's, else `sallyport`.", HelpName = "NAME" };

    private readonly Option<string?> _resource = new("--resource") { Description = "Resource to ask for (RFC 8707), where the issuer takes one.", HelpName = "URI" };

    private LoginCommand()
    {
    }

    public static CliCommand Create(Surroundings surroundings)
    {
        var login = new LoginCommand();
        var command = new CliCommand(
            "login",
            "Get a token and keep it for the other commands: from the identity provider (--device, --client), or from the gateway in exchange for what says who this machine "
            + "is (--ci, --k8s, --spiffe) or which agent a person runs (--agent).")
        {
            Examples =
            [
                "sallyport login --gateway https://gateway.clinic.example --issuer https://login.clinic.example --client-id cli",
                "sallyport login --issuer https://login.clinic.example --client-id agent-reporting --client-secret-file secret --scope sallyport",
                "sallyport login --ci --gateway https://gateway.clinic.example",
                "sallyport login --device --agent claude-code --issuer https://login.clinic.example --client-id cli",
            ],
            Json = "{profile, issuer, clientId, expiresAt, renewable, run}; never the token",
            ExitCodes = new Dictionary<int, string>
            {
                [ExitCode.Done] = "signed in",
                [ExitCode.Malformed] = "a secret or authority file cannot be used",
                [ExitCode.Refused] = "the issuer or the gateway refused, or nobody entered the code in time",
                [ExitCode.Unreachable] = "the issuer gives no usable answer",
                [ExitCode.Failed] = "the token could not be kept",
            },
            Options = { login._issuer, login._clientId, login._secretFile, login._device, login._client, login._scope, login._audience, login._resource },
        };
        login._agent.AddTo(command);
        login._gateway.AddTo(command);
        return command.Runs(surroundings, login.RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, Report report, CancellationToken cancellationToken)
    {
        var surroundings = report.Surroundings;
        var profile = _gateway.ProfileName(parsed, surroundings);
        var gateway = _gateway.GatewaySaid(parsed, surroundings);
        if (gateway is not null)
        {
            SecureUri.Parse(gateway, "gateway");
        }

        var authority = _gateway.AuthoritySaid(parsed, surroundings);
        using var http = HttpClients.Create(authority);
        var token = await SignInAsync(parsed, report, http, gateway, cancellationToken) with
        {
            Gateway = gateway,
            Ca = authority is null ? null : Path.GetFullPath(authority),
        };
        var store = new TokenStore(surroundings);
        using (await store.LockAsync(profile, cancellationToken))
        {
            store.Write(profile, token);
        }

        var result = new LoginReport(profile, token.Issuer, token.ClientId, token.ExpiresAt, IsRenewable(token), token.Exchange?.RunId);
        report.Answer(result, CliJson.Default.LoginReport, answer =>
        {
            var end = answer.ExpiresAt is null ? "" : $", until {Times.Text(answer.ExpiresAt)}";
            var who = answer.ClientId.Length > 0 ? $" as {answer.ClientId}" : "";
            report.Line($"Signed in at {answer.Issuer}{who} (profile {answer.Profile}){end}{(answer.Renewable ? "; renewed when needed." : ".")}");
        });
        return ExitCode.Done;
    }

    private async Task<StoredToken> SignInAsync(ParseResult parsed, Report report, HttpClient http, string? gateway, CancellationToken cancellationToken)
    {
        var surroundings = report.Surroundings;
        if (!_agent.IsGiven(parsed))
        {
            return await AtIssuerAsync(parsed, report, http, cancellationToken);
        }

        var address = SecureUri.Parse(Required(gateway, "--gateway"), "gateway");
        var source = _agent.Read(parsed, address, parsed.GetValue(_audience))!;
        var atIssuer = _agent.NeedsHuman(parsed) || parsed.GetValue(_device) || parsed.GetValue(_client);
        var basis = atIssuer ? await AtIssuerAsync(parsed, report, http, cancellationToken) : StoredToken.AtGateway(address);
        var subject = source.SubjectFile is { } file ? WorkloadTokens.ReadFile(file) : atIssuer ? basis.AccessToken : null;
        return await new GatewaySignIn(http, surroundings).BeginAsync(basis, source, subject, cancellationToken);
    }

    private async Task<StoredToken> AtIssuerAsync(ParseResult parsed, Report report, HttpClient http, CancellationToken cancellationToken)
    {
        var surroundings = report.Surroundings;
        var request = RequestOf(parsed, surroundings);
        if (parsed.GetValue(_client) && request.ClientSecret is null)
        {
            throw new CliException(ExitCode.Usage, "A client signs in with its secret, and none is given.", $"Give --client-secret-file FILE or set {ClientSecrets.Variable}.");
        }

        var flow = new SignInFlow(new OAuthClient(http, surroundings.Time), surroundings.Time);
        return await flow.SignInAsync(request, device => Prompt(device, report), cancellationToken);
    }

    private static bool IsRenewable(StoredToken token) =>
        token.Exchange is not null || token.RefreshToken is not null || token.Authentication != ClientAuthentication.None;

    private SignInRequest RequestOf(ParseResult parsed, Surroundings surroundings)
    {
        var defaults = _gateway.Profile(parsed, surroundings);
        var secretFile = parsed.GetValue(_secretFile) ?? defaults.ClientSecretFile;
        return new SignInRequest
        {
            Issuer = SecureUri.Parse(Required(parsed.GetValue(_issuer) ?? surroundings.NonEmpty("SALLYPORT_ISSUER") ?? defaults.Issuer, "--issuer"), "issuer"),
            ClientId = Required(parsed.GetValue(_clientId) ?? defaults.ClientId, "--client-id"),
            ClientSecret = ClientSecrets.Read(secretFile, surroundings),
            ClientSecretFile = secretFile is null ? null : Path.GetFullPath(secretFile),
            Device = parsed.GetValue(_device),
            Scope = parsed.GetValue(_scope) ?? defaults.Scope,
            Audience = parsed.GetValue(_audience) ?? defaults.Audience,
            Resource = parsed.GetValue(_resource) ?? defaults.Resource,
        };
    }

    private static string Required(string? value, string option) =>
        value ?? throw new CliException(ExitCode.Usage, $"{option} is missing.", "Run `sallyport login --help`.");

    private static void Prompt(DeviceDocument device, Report report)
    {
        report.Note($"Open {device.VerificationUri} and enter the code {device.UserCode}");
        if (!string.IsNullOrEmpty(device.VerificationUriComplete))
        {
            report.Note($"or open {device.VerificationUriComplete}");
        }

        report.Note("Waiting ...");
    }
}

/// <summary>What <c>login --json</c> prints.</summary>
internal sealed record LoginReport(string Profile, string Issuer, string ClientId, DateTimeOffset? ExpiresAt, bool Renewable, string? Run);
