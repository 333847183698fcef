using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;
using Sallyport.Cli.Runs;
using Sallyport.Cli.SignIn;

namespace Sallyport.Cli.Commands;

/// <summary><c>run</c>: starts a program as an agent in a run of its own, with everything native clients need in its environment.</summary>
internal sealed class RunCommand
{
    /// <summary>Where systems keep the certificates of the authorities they trust, for libpq, which has no default of its own before version 16.</summary>
    private static readonly string[] SystemAuthorities = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

    public const string Name = "run";

    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    private readonly GatewayOptions _gateway = new();

    private readonly AgentOptions _agent = new();

    private readonly Argument<string[]> _program = new("PROGRAM") { Description = "The program and its arguments, after `--`.", Arity = ArgumentArity.OneOrMore };

    private readonly Option<string?> _target = new("--target") { Description = "The target that PGDATABASE names.", HelpName = "NAME" };

    private readonly Option<string?> _postgres = new("--postgres") { Description = "Where PostgreSQL clients connect, where it is not what the gateway says.", HelpName = "HOST:PORT" };

    private readonly Option<bool> _password = new("--pgpassword")
    {
        Description = "Put the token into PGPASSWORD as well, for drivers that read no password file. It is not renewed there.",
    };

    private readonly Option<string?> _audience = new("--audience") { Description = "For --ci: the audience to ask the pipeline's issuer for, else `sallyport`.", HelpName = "NAME" };

    private RunCommand()
    {
    }

    public static CliCommand Create(Surroundings surroundings)
    {
        var run = new RunCommand();
        var command = new CliCommand(
            Name,
            "Run a program as an agent: in a run of its own that ends with it, with PGHOST, PGPORT, PGUSER, PGPASSFILE and TLS settings in its environment. Pending approvals are "
            + "told on the error stream. Nothing needs this: any client connects by itself.")
        {
            Examples = ["sallyport run --agent claude-code --target clinic -- claude", "sallyport run --ci -- ./nightly-report.sh"],
            Json = "{run, exitCode, sessionsEnded}, after what the program prints itself",
            ExitCodes = new Dictionary<int, string>
            {
                [ExitCode.Done] = "the program's own exit code, whatever it is; 128 and the signal's number when one ended it",
                [ExitCode.Refused] = "not signed in, or the gateway issues no token; nothing was run",
                [ExitCode.Unreachable] = "the gateway or the issuer gives no usable answer; nothing was run",
                [ExitCode.Failed] = "the program cannot be run",
            },
            Arguments = { run._program },
            Options = { run._target, run._postgres, run._password, run._audience },
        };
        run._agent.AddTo(command);
        run._gateway.AddTo(command);
        return command.Runs(surroundings, run.RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, Report report, CancellationToken cancellationToken)
    {
        var surroundings = report.Surroundings;
        using var signals = new RunSignals(!Console.IsInputRedirected);
        var store = new TokenStore(surroundings);
        var remembered = store.Read(_gateway.ProfileName(parsed, surroundings));
        var address = SecureUri.Parse(
            _gateway.GatewaySaid(parsed, surroundings) ?? remembered?.Gateway
            ?? throw new CliException(ExitCode.Usage, "No gateway is named.", "Give --gateway https://HOST[:PORT] or set SALLYPORT_GATEWAY."),
            "gateway");
        var authority = _gateway.AuthoritySaid(parsed, surroundings) ?? remembered?.Ca;
        authority = authority is null ? null : Path.GetFullPath(authority);
        using var http = HttpClients.Create(authority);
        http.BaseAddress = address;
        var token = await BeginAsync(parsed, surroundings, remembered, address, http, cancellationToken) with { Gateway = address.AbsoluteUri, Ca = authority };

        var profile = "run-" + RandomNumberGenerator.GetHexString(16, lowercase: true);
        store.Write(profile, token);
        var tokens = new AccessTokens(store, profile, authority, surroundings, ignoresVariable: true);
        var client = new SallyportClient(http, tokens.GetAsync, new SallyportClientOptions { TimeProvider = surroundings.Time });
        try
        {
            using var folder = RunFolder.Create(surroundings);
            var exitCode = await WithFolderAsync(parsed, report, signals, new Surrounding(address, authority, profile, token), folder, tokens, client, cancellationToken);
            var ended = await EndAsync(client, token, report);
            if (report.Json)
            {
                report.Answer(new AgentRunReport(token.Exchange?.RunId, exitCode, ended), CliJson.Default.AgentRunReport, static _ => { });
            }

            return exitCode;
        }
        catch
        {
            await EndAsync(client, token, report);
            throw;
        }
        finally
        {
            store.Remove(profile);
        }
    }

    /// <summary>A token in a run of its own: of what the command line names, else of what the sign-in was made of.</summary>
    private async Task<StoredToken> BeginAsync(
        ParseResult parsed, Surroundings surroundings, StoredToken? remembered, Uri address, HttpClient http, CancellationToken cancellationToken)
    {
        var source = _agent.Read(parsed, address, parsed.GetValue(_audience)) ?? remembered?.Exchange ?? throw new CliException(
            ExitCode.Usage,
            "It is not said which agent this is.",
            "Give --agent NAME (you vouch for it), --ci, --k8s or --spiffe FILE, or sign in as one of them first (sallyport login).");
        var subject = source.SubjectFile is { } file ? WorkloadTokens.ReadFile(file)
            : surroundings.NonEmpty(AccessTokens.Variable) ?? await SubjectAsync(parsed, surroundings, source, remembered, http, cancellationToken);
        return await new GatewaySignIn(http, surroundings).BeginAsync(StoredToken.AtGateway(address), source with { IsOneRun = true, RunId = null }, subject, cancellationToken);
    }

    /// <summary>The human's token as the issuer gives it: a token of the gateway is a run's already.</summary>
    private async Task<string?> SubjectAsync(
        ParseResult parsed, Surroundings surroundings, ExchangeSource source, StoredToken? remembered, HttpClient http, CancellationToken cancellationToken)
    {
        if (remembered is { Exchange: null })
        {
            return (await _gateway.Tokens(parsed, surroundings).GetStoredAsync(cancellationToken)).AccessToken;
        }

        if (remembered is { TokenEndpoint.Length: > 0 })
        {
            return (await SignInFlow.RenewAsync(remembered with { Exchange = null }, http, surroundings, cancellationToken)).AccessToken;
        }

        return source.Agent is null
            ? null
            : throw new CliException(ExitCode.Refused, "Nobody is signed in whom the agent could act for.", "Run `sallyport login --device` first.");
    }

    private async Task<int> WithFolderAsync(
        ParseResult parsed,
        Report report,
        RunSignals signals,
        Surrounding run,
        RunFolder folder,
        AccessTokens tokens,
        SallyportClient client,
        CancellationToken cancellationToken)
    {
        var me = await client.GetMeAsync(cancellationToken);
        var (host, port, isTls) = await DoorAsync(parsed, client, cancellationToken);
        var written = "";
        WriteToken(run.Token.AccessToken);
        folder.WriteInstructions(RunInstructions.Text(me.Name, me.OnBehalfOf, parsed.GetValue(_target)));
        var start = StartOf(parsed, run, folder);
        start.Environment["PGHOST"] = host;
        start.Environment["PGPORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = me.Name;
        Trust(start, isTls, run.Authority ?? SystemAuthorities.FirstOrDefault(File.Exists));

        using var process = StartProcess(start);
        signals.PassTo(process);
        using var over = new CancellationTokenSource();
        var watch = new RunWatch(tokens, client, me.Run, WriteToken, report).RunAsync(over.Token);
        await process.WaitForExitAsync(CancellationToken.None);
        await over.CancelAsync();
        await watch;
        return process.ExitCode;

        void WriteToken(string token)
        {
            if (written != token)
            {
                folder.WritePassword(host, port, token);
                written = token;
            }
        }
    }

    private ProcessStartInfo StartOf(ParseResult parsed, Surrounding run, RunFolder folder)
    {
        var program = parsed.GetRequiredValue(_program);
        var start = new ProcessStartInfo(program[0], program[1..]) { UseShellExecute = false };
        start.Environment["PGPASSFILE"] = folder.PasswordFile;
        start.Environment["SALLYPORT_GATEWAY"] = run.Gateway.AbsoluteUri;
        start.Environment["SALLYPORT_PROFILE"] = run.Profile;
        start.Environment["SALLYPORT_RUN"] = run.Token.Exchange?.RunId ?? "";
        start.Environment["SALLYPORT_INSTRUCTIONS"] = folder.InstructionFile;
        // A token of whoever started this is not the agent's to have.
        foreach (var name in (string[])[AccessTokens.Variable, ClientSecrets.Variable, WorkloadTokens.PipelineVariable, "PGPASSWORD", "PGSERVICE"])
        {
            start.Environment.Remove(name);
        }

        if (parsed.GetValue(_password))
        {
            start.Environment["PGPASSWORD"] = run.Token.AccessToken;
        }

        if (parsed.GetValue(_target) is { } target)
        {
            start.Environment["PGDATABASE"] = target;
        }

        if (run.Authority is not null)
        {
            start.Environment["SALLYPORT_CA"] = run.Authority;
        }

        return start;
    }

    /// <summary>libpq trusts the authorities this command trusts: those it was given, or the system's.</summary>
    private static void Trust(ProcessStartInfo start, bool isTls, string? authorities)
    {
        start.Environment["PGSSLMODE"] = !isTls ? "disable" : authorities is null ? "require" : "verify-full";
        if (isTls && authorities is not null)
        {
            start.Environment["PGSSLROOTCERT"] = authorities;
        }
    }

    private static Process StartProcess(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new Win32Exception();
        }
        catch (Win32Exception exception)
        {
            throw new CliException(ExitCode.Failed, $"{start.FileName} cannot be run: {exception.Message}.", "Check its name and that it is executable.", exception);
        }
    }

    private async Task<(string Host, int Port, bool IsTls)> DoorAsync(ParseResult parsed, SallyportClient client, CancellationToken cancellationToken)
    {
        var door = (await client.GetDoorsAsync(cancellationToken)).Postgres;
        if (parsed.GetValue(_postgres) is not { } said)
        {
            return door is null
                ? throw new CliException(ExitCode.Failed, "The gateway's PostgreSQL door is shut.", "Have its operator open it (listen.postgres).")
                : (door.Host, door.Port, door.Tls);
        }

        var colon = said.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(said.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? (said[..colon].Trim('[', ']'), port, door?.Tls ?? true)
            : throw new CliException(ExitCode.Usage, "--postgres is no address.", "Give HOST:PORT.");
    }

    /// <summary>Ends the run at the gateway; whoever ran it is told when that cannot be done.</summary>
    private static async Task<int?> EndAsync(SallyportClient client, StoredToken token, Report report)
    {
        if (token.Exchange?.RunId is not { } run)
        {
            return null;
        }

        using var timer = new CancellationTokenSource(EndTimeout, report.Surroundings.Time);
        try
        {
            return (await client.EndRunAsync(run, timer.Token)).Sessions;
        }
        catch (Exception exception) when (exception is ApiException { Failure: not ApiFailure.Unauthenticated } or CliException or OperationCanceledException)
        {
            report.Note($"sallyport: the run {run} could not be ended: {exception.Message} Its tokens end by themselves, and nobody renews them.");
            return null;
        }
        catch (ApiException)
        {
            // Its tokens count no longer: somebody has ended it already.
            return null;
        }
    }

    /// <summary>What a run is made of.</summary>
    private sealed record Surrounding(Uri Gateway, string? Authority, string Profile, StoredToken Token);
}

/// <summary>What <c>run --json</c> prints at the end.</summary>
internal sealed record AgentRunReport(string? Run, int ExitCode, int? SessionsEnded);
