using Sallyport.Evidence.Log;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>
/// Gives each session of one target a role of its own and takes it away when the session is over: recorded before it is made and after it is
/// gone. What a crash left behind is found by name and mark, and dropped. Thread-safe.
/// </summary>
internal sealed class RoleKeeper
{
    /// <summary>Time between two looks for roles whose session is over.</summary>
    public static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(20);

    /// <summary>How often the end of a session tries to drop its role before that is left to the sweeps.</summary>
    private const int MaxAttempts = 20;

    /// <summary>Roles that a sweep drops at the same time.</summary>
    private const int SweepAtOnce = 64;

    private const string UndefinedObject = "42704";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    /// <summary>How long the settings of the gateway's own role are taken as they were read.</summary>
    private static readonly TimeSpan SettingsHold = TimeSpan.FromMinutes(1);

    /// <summary>Between two looks whether a process that was told to go is gone: 5, 10, 20, ... ms, at most this.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the processes of a role may take to go before the attempt to drop it counts as failed.</summary>
    private static readonly TimeSpan ProcessesGoWithin = TimeSpan.FromSeconds(10);

    private readonly PostgresTarget _target;
    private readonly TemporaryRoleOptions _options;
    private readonly ControlPool _pool;
    private readonly RoleParts _parts;
    private readonly ScopeKeeper _scopes;
    private volatile OwnSettings? _settings;
    private volatile bool _isRetired;

    /// <param name="target">The target; its credential makes the roles.</param>
    /// <param name="options">What the roles may do.</param>
    /// <param name="pool">Connections with that credential.</param>
    /// <param name="parts">What is shared by all targets.</param>
    /// <param name="closed">Tagged columns that no role may read; empty outside floor mode.</param>
    public RoleKeeper(PostgresTarget target, TemporaryRoleOptions options, ControlPool pool, RoleParts parts, IReadOnlyList<PhiColumn> closed)
    {
        _target = target;
        _options = options;
        _pool = pool;
        _parts = parts;
        _scopes = new ScopeKeeper(target, pool, parts.Gateway, closed, target.Time);
    }

    /// <summary>Begins to look for roles that are left over: at once, and then again and again.</summary>
    public void Start() => _ = SweepForeverAsync();

    /// <summary>Ends the looking. Roles of sessions that are open are still dropped when those end.</summary>
    public void Retire() => _isRetired = true;

    /// <summary>Makes the role of a session that is about to begin.</summary>
    /// <param name="recorder">The session's record.</param>
    /// <param name="latestEnd">When the session is over at the latest.</param>
    /// <param name="policy">The policy in force.</param>
    /// <param name="principal">Whose session it is.</param>
    /// <exception cref="TargetUnavailableException">It cannot be made, so the session must not begin. Nothing is left of it, or soon will be.</exception>
    public async Task<SessionRole> IssueAsync(SessionRecorder recorder, DateTimeOffset latestEnd, PolicySnapshot policy, Principal principal)
    {
        var grants = GrantsOf(policy, principal, _target.Time.GetUtcNow()).ToList();
        var name = RoleNames.OfSession(recorder.SessionId);
        var validUntil = grants.All(static grant => grant.Until is not null) && grants.Count > 0 && grants.Max(static grant => grant.Until!.Value) is var end && end < latestEnd ? end : latestEnd;
        try
        {
            var making = TemporaryLogin.CreateAsync(name);
            var scope = _options.FromGrants ? await _scopes.FindAsync(grants) : default;
            var settings = await SettingsAsync();
            await recorder.CredentialIssuedAsync(new CredentialFacts
            {
                Role = name,
                ValidUntil = validUntil,
                MemberOf = _options.MemberOf,
                Scope = scope.Fingerprint ?? "",
                Grants = [.. grants.Select(static grant => grant.Name)],
            });
            var login = await making;
            _parts.Live[name] = true;
            var facts = new SessionRoleFacts(new RoleMarker(_parts.Gateway, _target.Name, recorder.SessionId), validUntil, GroupsOf(scope.Role), settings);
            return new SessionRole(this, login, recorder, await MakeAsync(recorder, login, facts, grants, scope.Role), policy);
        }
        catch (StatementFailedException refused)
        {
            throw Refused(refused);
        }
    }

    /// <summary>What a policy opens to a principal at this target.</summary>
    public IEnumerable<Grant> GrantsOf(PolicySnapshot policy, Principal principal, DateTimeOffset now) =>
        policy.GrantsOf(principal, now).Where(grant => grant.Target == _target.Name);

    /// <summary>Gives a live session's role the rights of other grants. Recorded first.</summary>
    /// <param name="name">The role.</param>
    /// <param name="recorder">The session's record.</param>
    /// <param name="from">The shared role it is a member of now.</param>
    /// <param name="grants">What is open to it now.</param>
    /// <returns>The shared role it is a member of from now on.</returns>
    /// <exception cref="TargetUnavailableException">It cannot be done.</exception>
    public async ValueTask<string?> RescopeAsync(string name, SessionRecorder recorder, string? from, IReadOnlyList<Grant> grants)
    {
        if (!_options.FromGrants)
        {
            return from;
        }

        try
        {
            var scope = await _scopes.FindAsync(grants);
            if (scope.Role != from)
            {
                await recorder.CredentialChangedAsync(name, scope.Fingerprint, [.. grants.Select(static grant => grant.Name)]);
                await _pool.RunAsync(connection => connection.QueryAsync(RoleSql.Rescope(connection.ServerVersion, name, from, scope.Role)));
            }

            return scope.Role;
        }
        catch (StatementFailedException refused)
        {
            throw Refused(refused);
        }
    }

    /// <summary>Takes a role away, and records when it is gone. What cannot be dropped after <see cref="MaxAttempts"/> the sweeps go on with.</summary>
    /// <param name="name">The role.</param>
    /// <param name="recorder">The record of its session.</param>
    /// <param name="reason">Why, in kebab case.</param>
    public async Task RevokeAsync(string name, SessionRecorder recorder, string reason)
    {
        var pause = RetryAfter;
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            try
            {
                await DropAsync(name);
                _parts.Live.TryRemove(name, out _);
                await RecordRevokedAsync(name, recorder, reason);
                return;
            }
            catch (Exception failure) when (failure is StatementFailedException or TargetUnavailableException)
            {
                if (attempt == 1)
                {
                    _parts.Alert(_target.Name, "role-left", $"the role {name} of a session that is over is still there, and is tried again: {failure.Message}");
                }
            }

            await Task.Delay(pause, _target.Time);
            pause = pause * 2 < LongestRetryAfter ? pause * 2 : LongestRetryAfter;
        }

        _parts.Live.TryRemove(name, out _);
    }

    private async Task RecordRevokedAsync(string name, SessionRecorder recorder, string reason)
    {
        if (recorder.TryCredentialRevoked(name, reason, out var durable))
        {
            await durable;
        }
        else
        {
            await _parts.Recorder.CredentialRevokedAsync(name, recorder.SessionId, _target.Name, reason);
        }
    }

    private IReadOnlyList<string> GroupsOf(string? scope) => scope is null ? _options.MemberOf : [.. _options.MemberOf, scope];

    /// <returns>The shared role that it is a member of.</returns>
    private async Task<string?> MakeAsync(SessionRecorder recorder, TemporaryLogin login, SessionRoleFacts facts, IReadOnlyList<Grant> grants, string? scope)
    {
        try
        {
            await MintAsync(login, facts);
            return scope;
        }
        catch (StatementFailedException gone) when (gone.SqlState == UndefinedObject && scope is not null)
        {
            // The shared role was dropped just now, because nobody had used it for a while.
            _scopes.Forget(scope);
            try
            {
                var again = (await _scopes.FindAsync(grants)).Role;
                await MintAsync(login, facts with { Groups = GroupsOf(again) });
                return again;
            }
            catch (StatementFailedException refused)
            {
                await NotMadeAsync(login.Name, recorder);
                throw Refused(refused);
            }
        }
        catch (StatementFailedException refused)
        {
            await NotMadeAsync(login.Name, recorder);
            throw Refused(refused);
        }
        catch (TargetUnavailableException)
        {
            // Whether it was made is not known, so it is taken away until it surely is not there.
            _ = RevokeAsync(login.Name, recorder, "not-made");
            throw;
        }
    }

    private async Task NotMadeAsync(string name, SessionRecorder recorder)
    {
        _parts.Live.TryRemove(name, out _);
        await RecordRevokedAsync(name, recorder, "not-made");
    }

    private Task<int> MintAsync(TemporaryLogin login, SessionRoleFacts facts) => _pool.RunAsync(async connection =>
    {
        await connection.QueryAsync(RoleSql.Mint(connection.ServerVersion, facts, login.Name, login.Verifier));
        return 0;
    });

    private TargetUnavailableException Refused(StatementFailedException refused)
    {
        _parts.Alert(_target.Name, "role-refused", $"the target refused a role for a session: {refused.Message}; sallyport-server check --live says what is missing");
        return new TargetUnavailableException(
            TargetFailure.Roles, "The gateway may not make a role for this session there; tell the operator: sallyport-server check --live.", refused.SqlState, refused);
    }

    /// <summary>The settings of the gateway's own role, which its sessions had if they signed in with it: what is logged, above all.</summary>
    private async ValueTask<IReadOnlyList<KeyValuePair<string, string>>> SettingsAsync()
    {
        if (_settings is { } known && _target.Time.GetElapsedTime(known.ReadAt) < SettingsHold)
        {
            return known.Values;
        }

        var rows = await _pool.RunAsync(static connection => connection.QueryAsync(RoleSql.OwnSettings(connection.ServerVersion)));
        IReadOnlyList<KeyValuePair<string, string>> values =
            [.. rows.Where(static row => row[2] == "t" && RoleSql.CanPassOn(row[0]!)).Select(static row => KeyValuePair.Create(row[0]!, row[1]!))];
        _settings = new OwnSettings(values, _target.Time.GetTimestamp());
        return values;
    }

    /// <summary>Ends the role's processes, waits until they are gone, and drops it with what is left of it.</summary>
    /// <returns>False when there was no such role.</returns>
    private async Task<bool> DropAsync(string name)
    {
        var since = _target.Time.GetTimestamp();
        var look = TimeSpan.FromMilliseconds(5);
        while ((await _pool.RunAsync(connection => connection.QueryAsync(RoleSql.Terminate(name)))).Count > 0)
        {
            if (_target.Time.GetElapsedTime(since) > ProcessesGoWithin)
            {
                throw new TargetUnavailableException(TargetFailure.Timeout, "A process of the role does not end.");
            }

            await Task.Delay(look, _target.Time);
            look = look * 2 < LongestLook ? look * 2 : LongestLook;
        }

        try
        {
            await _pool.RunAsync(connection => connection.QueryAsync(RoleSql.Drop(name, _options.ReassignTo)));
            return true;
        }
        catch (StatementFailedException gone) when (gone.SqlState == UndefinedObject)
        {
            return false;
        }
    }

    private async Task SweepForeverAsync()
    {
        var pause = RetryAfter;
        while (!_isRetired)
        {
            try
            {
                await SweepAsync();
                pause = SweepEvery;
            }
            catch (Exception failure) when (failure is StatementFailedException or TargetUnavailableException or LedgerUnavailableException)
            {
                _parts.Alert(_target.Name, "roles-unswept", $"roles that are left over cannot be looked for: {failure.Message}");
                pause = pause * 2 < LongestRetryAfter ? pause * 2 : LongestRetryAfter;
            }

            await Task.Delay(pause, _target.Time);
        }
    }

    private async Task SweepAsync()
    {
        var rows = await _pool.RunAsync(static connection => connection.QueryAsync(RoleSql.List));
        var left = rows
            .Select(static row => (Name: row[0]!, Marker: RoleMarker.Parse(row[1]), IsExpired: row[2] == "t", HasMembers: row[3] == "t"))
            .Where(role => role.Marker is not null && role.Marker.Target == _target.Name && !_parts.Live.ContainsKey(role.Name))
            .ToList();
        var own = left.Where(role => role.Marker!.Gateway == _parts.Gateway).ToList();
        foreach (var some in own.Where(static role => role.Marker!.Session.Length > 0).Chunk(SweepAtOnce))
        {
            await Task.WhenAll(some.Select(role => DropLeftAsync(role.Name, role.Marker!.Session)));
        }

        await RecordGoneAsync([.. rows.Select(static row => row[0]!)]);
        foreach (var scope in own.Where(role => role.Marker!.Session.Length == 0 && !role.HasMembers && _scopes.IsUnused(role.Name)))
        {
            _scopes.Forget(scope.Name);
            await TryAsync(scope.Name, () => _pool.RunAsync(async connection =>
            {
                var revokes = await connection.QueryAsync(RoleSql.RightsOf(scope.Name));
                return await connection.QueryAsync(RoleSql.DropScope(scope.Name, revokes.Select(static row => row[0]!)));
            }));
        }

        // Another gateway's sessions are over when their passwords are long past; its roles are then nobody's any more.
        foreach (var role in left.Where(role => role.Marker!.Gateway != _parts.Gateway && role.Marker.Session.Length > 0 && role.IsExpired))
        {
            await DropLeftAsync(role.Name, role.Marker!.Session);
        }
    }

    /// <summary>Roles that an earlier run made and did not live to record the end of, and that are not there.</summary>
    private async Task RecordGoneAsync(HashSet<string> there)
    {
        foreach (var credential in _parts.Unrevoked.Values.Where(credential => credential.Target == _target.Name && !there.Contains(credential.Role)))
        {
            if (_parts.Unrevoked.TryRemove(credential.Role, out _))
            {
                await _parts.Recorder.CredentialRevokedAsync(credential.Role, credential.Session, credential.Target, "left-over");
            }
        }
    }

    private Task DropLeftAsync(string name, string session) => TryAsync(name, async () =>
    {
        if (await DropAsync(name))
        {
            _parts.Unrevoked.TryRemove(name, out _);
            await _parts.Recorder.CredentialRevokedAsync(name, session, _target.Name, "left-over");
        }
    });

    /// <summary>One role that cannot be dropped must not keep the others.</summary>
    private async Task TryAsync(string name, Func<Task> drop)
    {
        try
        {
            await drop();
        }
        catch (Exception failure) when (failure is StatementFailedException or TargetUnavailableException)
        {
            _parts.Alert(_target.Name, "role-left", $"the left-over role {name} cannot be dropped, and is tried again: {failure.Message}");
        }
    }

    private sealed record OwnSettings(IReadOnlyList<KeyValuePair<string, string>> Values, long ReadAt);
}
