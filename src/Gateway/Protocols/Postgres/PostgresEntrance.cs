using System.Net;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres;

/// <summary>
/// One accepted connection from its first byte to a session: (1) handshake, (2) who is it, (3) may they come in here, (4) a connection to
/// the target, (5) the session's record, (6) the session itself. Every refusal is a FATAL error with the remedy; a refused token is recorded.
/// </summary>
public sealed class PostgresEntrance(PostgresDoor door)
{
    private int _pending;

    /// <summary>Serves one connection to its end. Runs on the connection's own context.</summary>
    public Task ServeAsync(Wire wire) => ServeAsync(wire, cancellationToken => EnterAsync(wire, cancellationToken));

    /// <summary>Serves a client inside this process whose caller is known already, from step 3 on.</summary>
    internal Task ServeAsync(ClientStart start, Principal principal) =>
        ServeAsync(start.Wire, cancellationToken => AdmitAsync(start, principal, cancellationToken));

    private async Task ServeAsync(Wire wire, Func<CancellationToken, ValueTask<PostgresSession?>> enter)
    {
        if (Interlocked.Increment(ref _pending) > door.PendingStartups)
        {
            Interlocked.Decrement(ref _pending);
            door.Metrics.SessionRefused("too-many-startups");
            return;
        }

        PostgresSession? session = null;
        try
        {
            using var limit = new CancellationTokenSource(door.StartupTimeout, door.Time);
            await using var abort = limit.Token.UnsafeRegister(static opened => ((Wire)opened!).Abort(), wire);
            session = await enter(limit.Token);
        }
        catch (IOException) when (session is null)
        {
            // The client broke the protocol, closed, or took too long: nobody is there to be told.
            door.Metrics.SessionRefused("broken-startup");
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }

        if (session is not null)
        {
            await session.RunAsync();
        }
    }

    private async ValueTask<PostgresSession?> EnterAsync(Wire wire, CancellationToken cancellationToken)
    {
        // 1. Handshake.
        if (await new ClientHandshake(door).RunAsync(wire, cancellationToken) is not { } start)
        {
            return null;
        }

        // 2. Who is it?
        return await IdentifyAsync(start, cancellationToken) is { } principal ? await AdmitAsync(start, principal, cancellationToken) : null;
    }

    private async ValueTask<PostgresSession?> AdmitAsync(ClientStart start, Principal principal, CancellationToken cancellationToken)
    {
        // 3. May they come in here?
        if (Settings(start, principal, out var sqlState, out var refusal, out var rule) is not { } settings)
        {
            await RecordRefusalAsync(start, principal, rule, refusal);
            await ClientHandshake.RefuseAsync(start.Wire, sqlState, refusal);
            return null;
        }

        if (door.Sessions.Reserve(principal.Id) is { } overLimit)
        {
            door.Metrics.SessionRefused("too-many-sessions");
            await RecordRefusalAsync(start, principal, "too-many-sessions", overLimit);
            await ClientHandshake.RefuseAsync(start.Wire, "53300", overLimit);
            return null;
        }

        var admitted = false;
        try
        {
            var session = await OpenAsync(start, principal, settings, cancellationToken);
            admitted = session is not null;
            return session;
        }
        finally
        {
            if (!admitted)
            {
                door.Sessions.Release(principal.Id);
            }
        }
    }

    private ValueTask<AuthenticationResult> AuthenticateAsync(ClientStart start, CancellationToken cancellationToken) => start.UsesCertificate
        ? new(door.Authenticator.AuthenticateCertificate(start.Wire.Tls?.ClientCertificate))
        : door.Authenticator.AuthenticateAsync(start.Token, TokenUse.Door, start.Wire.Tls?.ClientThumbprint ?? "", cancellationToken);

    private async ValueTask<Principal?> IdentifyAsync(ClientStart start, CancellationToken cancellationToken)
    {
        switch (await AuthenticateAsync(start, cancellationToken))
        {
            case AuthenticationResult.Accepted { Principal: var principal }:
                return principal;
            case AuthenticationResult.Refused refused:
                door.Metrics.AuthenticationFailed(refused.Failure);
                await door.Recorder.AuthenticationFailedAsync(refused.Failure, AddressOf(start.Wire), "postgres", KnownTarget(start));
                await ClientHandshake.RefuseAsync(start.Wire, "28P01", refused.Message, "The password is a short-lived access token: PGPASSWORD=$(sallyport token)");
                return null;
            default:
                throw new InvalidOperationException("unknown authentication result");
        }
    }

    private StartupSettings? Settings(ClientStart start, Principal principal, out string sqlState, out string refusal, out string rule)
    {
        var target = TargetName(start);
        sqlState = "42501";
        rule = "startup-parameter";
        if (start.Startup.Get("replication") is not ("" or "false" or "off" or "no" or "0"))
        {
            refusal = "replication connections do not pass the gateway";
            sqlState = "0A000";
            return null;
        }

        if (door.Policy.MayConnect(principal, target) is { } deny)
        {
            door.Metrics.SessionRefused("no-grant");
            rule = deny.Rule;
            refusal = $"NOT CONNECTED - refused by {deny.Rule}: {deny.Reason} {deny.Remedy}";
            return null;
        }

        if (door.Targets.Find(target) is null)
        {
            refusal = "NOT CONNECTED - the target is not a PostgreSQL one, or not configured";
            sqlState = "3D000";
            rule = "no-target";
            return null;
        }

        sqlState = "22023";
        return StartupSettings.Of(start.Startup, out refusal);
    }

    /// <summary>The database name is the target's name; without one it is the user's, as in PostgreSQL.</summary>
    private static string TargetName(ClientStart start) =>
        start.Startup.Get("database") is { Length: > 0 } database ? database : start.Startup.Get("user");

    /// <summary>A caller who is known but may not come in leaves a record of its own: a session that was refused and ended.</summary>
    private async ValueTask RecordRefusalAsync(ClientStart start, Principal principal, string rule, string refusal)
    {
        start.Observer?.Refused(door.Policy.MayConnect(principal, TargetName(start)) is { } deny
            ? new CommandRefusal(deny.Rule, "not-connected", deny.Reason, deny.Remedy) { Access = deny.Access }
            : new CommandRefusal(rule, "not-connected", refusal, ""));
        var recorder = await door.Recorder.StartSessionAsync(FactsOf(start, principal, SessionRegistry.NewId()));
        await recorder.DenyAsync(new DenialFacts { PolicyHash = door.Policy.Current.Hash, Rule = rule, Reason = "not-connected", Action = "disconnected" });
        await recorder.EndAsync("refused");
    }

    private SessionFacts FactsOf(ClientStart start, Principal principal, string id) => new()
    {
        SessionId = id,
        Target = KnownTarget(start) ?? "",
        Principal = principal,
        ClientAddress = AddressOf(start.Wire),
        Tls = start.Wire.Tls is { } tls ? $"{tls.Protocol} {tls.CipherSuite}" : "none",
        Protocol = start.Protocol,
        PolicyHash = door.Policy.Current.Hash,
    };

    /// <summary>The asked target's name if there is one of that name: what the client typed is not recorded.</summary>
    private string? KnownTarget(ClientStart start) => door.Targets.Find(TargetName(start))?.Target.Name;

    private static string AddressOf(Wire wire) => wire.RemoteEndPoint is IPEndPoint { Address: var address } ? address.ToString() : "local";

    private async ValueTask<PostgresSession?> OpenAsync(ClientStart start, Principal principal, StartupSettings settings, CancellationToken cancellationToken)
    {
        // 4. A connection to the target.
        var shared = door.Targets.Find(TargetName(start))!;
        Target.TargetConnection connection;
        try
        {
            if (shared.Floor is { } floor && await floor.FlawsAsync() is { Count: > 0 })
            {
                door.Metrics.SessionRefused("floor");
                var refusal = $"NOT CONNECTED - target {shared.Target.Name} is in floor mode, and the gateway's own role there could read PHI - tell the operator: sallyport floor";
                await RecordRefusalAsync(start, principal, "floor", refusal);
                await ClientHandshake.RefuseAsync(start.Wire, "42501", refusal);
                return null;
            }

            if (shared.Roles is { } roles)
            {
                return await OpenWithRoleAsync(start, principal, settings, shared, roles, cancellationToken);
            }

            connection = await shared.Target.ConnectAsync(settings.Parameters, cancellationToken);
        }
        catch (TargetUnavailableException unavailable)
        {
            door.Metrics.SessionRefused("target-unavailable");
            var refusal = $"target {shared.Target.Name} is not available: {unavailable.Message}";
            await RecordRefusalAsync(start, principal, "target-unavailable", refusal);
            await ClientHandshake.RefuseAsync(start.Wire, "08006", refusal);
            return null;
        }

        // 5. The session's record, durable before the client hears that it is in.
        var id = SessionRegistry.NewId();
        try
        {
            var recorder = await door.Recorder.StartSessionAsync(FactsOf(start, principal, id));
            return new PostgresSession(door, shared, start, settings, connection, principal, id, recorder);
        }
        catch (Exception)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="OpenAsync"/>, with a role of the session's own; so the session's record comes first.</summary>
    private async ValueTask<PostgresSession?> OpenWithRoleAsync(
        ClientStart start, Principal principal, StartupSettings settings, SharedTarget shared, RoleKeeper roles, CancellationToken cancellationToken)
    {
        var id = SessionRegistry.NewId();
        var recorder = await door.Recorder.StartSessionAsync(FactsOf(start, principal, id));
        SessionRole? role = null;
        Target.TargetConnection? connection = null;
        try
        {
            role = await roles.IssueAsync(recorder, door.Sessions.LatestEnd(principal), door.Policy.Current, principal);
            connection = await shared.Target.ConnectAsAsync(role.Login, settings.Parameters, cancellationToken);
            return new PostgresSession(door, shared, start, settings, connection, principal, id, recorder, role);
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            await (role?.RevokeAsync(door.Time) ?? Task.CompletedTask);
            var rule = failure is TargetUnavailableException { Failure: TargetFailure.Roles } ? "temporary-role" : "target-unavailable";
            await recorder.DenyAsync(new DenialFacts { PolicyHash = door.Policy.Current.Hash, Rule = rule, Reason = "not-connected", Action = "disconnected" });
            await recorder.EndAsync("refused");
            if (failure is not TargetUnavailableException)
            {
                throw;
            }

            door.Metrics.SessionRefused(rule);
            await ClientHandshake.RefuseAsync(start.Wire, "08006", $"target {shared.Target.Name} is not available: {failure.Message}");
            return null;
        }
    }
}
