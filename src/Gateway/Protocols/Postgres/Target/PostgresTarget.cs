using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;
using Sallyport.Gateway.Transport.Tls;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>One PostgreSQL server that the gateway signs in to with a credential that no client ever sees.</summary>
public sealed class PostgresTarget
{
    private readonly PostgresTargetOptions _options;
    private readonly TransportEngine _engine;
    private readonly TimeProvider _timeProvider;
    private readonly TlsClientOptions? _tls;
    private readonly ScramKeyCache _scramKeys = new();
    private string? _password;

    /// <exception cref="TlsFailedException">The CA file cannot be used.</exception>
    public PostgresTarget(PostgresTargetOptions options, TransportEngine engine, TimeProvider timeProvider)
    {
        _options = options;
        _engine = engine;
        _timeProvider = timeProvider;
        _tls = options.TlsMode switch
        {
            TargetTlsMode.Disable => null,
            TargetTlsMode.Require => new TlsClientOptions(options.Host, TlsVerification.None),
            TargetTlsMode.VerifyCa => new TlsClientOptions(options.Host, TlsVerification.Chain, options.CaFile),
            _ => new TlsClientOptions(options.Host, TlsVerification.ChainAndName, options.CaFile),
        };
    }

    public string Name => _options.Name;

    public PostgresTargetOptions Options => _options;

    internal TimeProvider Time => _timeProvider;

    /// <summary>Runs work of the gateway's own that connects, on a context of its own.</summary>
    internal Task RunAsync(Func<Task> work) => _engine.RunAsync(work);

    /// <summary>
    /// Connects and signs in. Called from a session, the connection shares the session's context. A refused password is read
    /// again from its source, and tried once more if it has changed.
    /// </summary>
    /// <param name="startupParameters">Run-time parameters for the StartupMessage, in order; user and database are the target's own.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="TargetUnavailableException">Whatever went wrong, with a sentence for the client.</exception>
    public async ValueTask<TargetConnection> ConnectAsync(
        IReadOnlyList<KeyValuePair<string, string>> startupParameters, CancellationToken cancellationToken)
    {
        var password = _password ??= await _options.Password.ReadPasswordAsync(cancellationToken);
        try
        {
            return await AttemptAsync(_options, startupParameters, password, _scramKeys, cancellationToken);
        }
        catch (TargetUnavailableException refusal) when (refusal.Failure == TargetFailure.Authentication)
        {
            var current = await _options.Password.ReadPasswordAsync(cancellationToken);
            if (string.Equals(current, password, StringComparison.Ordinal))
            {
                throw;
            }

            _password = current;
            return await AttemptAsync(_options, startupParameters, current, _scramKeys, cancellationToken);
        }
    }

    /// <summary>Connects as <see cref="ConnectAsync"/> does, with a login made for one session instead of the target's own credential.</summary>
    /// <exception cref="TargetUnavailableException">Whatever went wrong, with a sentence for the client.</exception>
    internal ValueTask<TargetConnection> ConnectAsAsync(
        TemporaryLogin login, IReadOnlyList<KeyValuePair<string, string>> startupParameters, CancellationToken cancellationToken) =>
        AttemptAsync(_options with { User = login.Name }, startupParameters, login.Password, login.Keys, cancellationToken);

    /// <summary>
    /// Asks the server, on a connection of its own, to cancel what the process of <paramref name="key"/> is running.
    /// Completes when the server has taken the request; whether anything was cancelled shows on the cancelled connection.
    /// </summary>
    /// <exception cref="TargetUnavailableException">The request could not be delivered within <see cref="PostgresTargetOptions.CancelTimeout"/>.</exception>
    public async ValueTask CancelAsync(BackendKey key, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(_options.CancelTimeout, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await WithDeadlineAsync(async () =>
        {
            using var wire = await OpenAsync(_options.CancelTimeout, linked.Token);
            await using var abort = linked.Token.UnsafeRegister(static opened => ((Wire)opened!).Abort(), wire);
            await wire.SendAsync(StartupMessages.CancelRequest(key));

            // The server closes the connection once it has signalled the process.
            var ignored = new byte[16];
            while (await wire.ReceiveAsync(ignored) > 0)
            {
                linked.Token.ThrowIfCancellationRequested();
            }

            return true;
        }, limit.Token, linked.Token);
    }

    private async ValueTask<TargetConnection> AttemptAsync(
        PostgresTargetOptions options,
        IReadOnlyList<KeyValuePair<string, string>> startupParameters,
        string password,
        ScramKeyCache scramKeys,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.ConnectTimeout + _options.StartupTimeout, _timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return await WithDeadlineAsync(async () =>
        {
            var wire = await OpenAsync(_options.ConnectTimeout, linked.Token);
            try
            {
                limit.CancelAfter(_options.StartupTimeout);
                await using var abort = linked.Token.UnsafeRegister(static opened => ((Wire)opened!).Abort(), wire);
                await wire.SendAsync(StartupMessages.Startup(options.User, options.Database, startupParameters));
                var authentication = new TargetAuthentication(options, password, wire.Tls, scramKeys);
                return await new TargetStartup(wire, options, authentication).RunAsync();
            }
            catch
            {
                wire.Dispose();
                throw;
            }
        }, limit.Token, linked.Token);
    }

    /// <summary>Turns every way an attempt can fail into the one exception clients of this class know.</summary>
    private async ValueTask<T> WithDeadlineAsync<T>(Func<Task<T>> attempt, CancellationToken limit, CancellationToken either)
    {
        try
        {
            return await attempt();
        }
        catch (Exception exception) when (limit.IsCancellationRequested && exception is (IOException or OperationCanceledException) and not TargetUnavailableException)
        {
            throw new TargetUnavailableException(TargetFailure.Timeout, $"The target {Name} did not answer in time.", cause: exception);
        }
        catch (IOException exception) when (either.IsCancellationRequested)
        {
            throw new OperationCanceledException("The connection to the target was given up.", exception, either);
        }
        catch (TimeoutException exception)
        {
            throw new TargetUnavailableException(TargetFailure.Timeout, $"The target {Name} cannot be reached: no answer in time.", cause: exception);
        }
        catch (TlsFailedException exception)
        {
            throw new TargetUnavailableException(TargetFailure.Tls, $"The TLS connection to the target {Name} failed. {exception.Message}", cause: exception);
        }
        catch (PostgresProtocolException exception)
        {
            throw new TargetUnavailableException(TargetFailure.Protocol, $"The target {Name} broke the PostgreSQL protocol.", cause: exception);
        }
        catch (IOException exception) when (exception is not TargetUnavailableException)
        {
            throw new TargetUnavailableException(TargetFailure.Refused, $"The target {Name} cannot be reached or closed the connection.", cause: exception);
        }
    }

    /// <summary>A TCP connection, in TLS when the mode asks for it.</summary>
    private async ValueTask<Wire> OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var wire = await _engine.ConnectAsync(_options.Host, _options.Port, timeout, cancellationToken);
        if (_tls is null)
        {
            return wire;
        }

        try
        {
            await using var abort = cancellationToken.UnsafeRegister(static opened => ((Wire)opened!).Abort(), wire);
            await AskForTlsAsync(wire);
            return await TlsWire.AsClientAsync(wire, _tls, cancellationToken);
        }
        catch
        {
            wire.Dispose();
            throw;
        }
    }

    private async ValueTask AskForTlsAsync(Wire wire)
    {
        await wire.SendAsync(StartupMessages.SslRequest());
        var answer = new byte[16];
        var received = await wire.ReceiveAsync(answer);
        if (received == 0)
        {
            throw new IOException("The target closed the connection.");
        }

        // Plain bytes behind the answer would be taken for the server's, although anybody on the path can add them
        // (CVE-2021-23222). An error text at this point is as untrusted (CVE-2024-10977).
        switch (answer[0])
        {
            case (byte)'S' when received == 1:
                return;
            case (byte)'N' when received == 1:
                throw new TargetUnavailableException(TargetFailure.Tls, $"The target {Name} does not offer TLS, and its configuration demands it.");
            case (byte)'S':
                throw new TargetUnavailableException(TargetFailure.Tls, $"The target {Name} sent unencrypted bytes behind its answer to the TLS request.");
            default:
                throw new PostgresProtocolException("the answer to SSLRequest is neither S nor N");
        }
    }
}
