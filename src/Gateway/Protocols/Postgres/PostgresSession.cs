using System.Runtime.ExceptionServices;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres;

/// <summary>One client at one target: two loops, one in each direction, on one context. Ends when either side does, and records why.</summary>
internal sealed class PostgresSession : IDisposable
{
    /// <summary>How long the last words to a client may take.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2);

    private readonly PostgresDoor _door;
    private readonly SharedTarget _shared;
    private readonly TargetConnection _connection;
    private readonly SessionRecorder _recorder;
    private readonly Exchange _exchange;
    private readonly SessionParts _parts;
    private readonly Admittance _admittance;
    private readonly Session _session;
    private readonly int _processId;
    private readonly byte[] _secret;
    private readonly SynchronizationContext _context;

    // The role made for this session, which goes with it; null where it uses the gateway's own.
    private readonly SessionRole? _role;
    private SessionEnd? _end;
    private bool _clientGone;
    private bool _left;
    private Exception? _fault;

    public PostgresSession(
        PostgresDoor door,
        SharedTarget shared,
        ClientStart start,
        StartupSettings settings,
        TargetConnection connection,
        Principal principal,
        string id,
        SessionRecorder recorder,
        SessionRole? role = null)
    {
        _role = role;
        _door = door;
        _shared = shared;
        _connection = connection;
        _recorder = recorder;
        _context = SynchronizationContext.Current ?? throw new InvalidOperationException("a session runs on the context of its connection");
        (_processId, _secret) = door.CancelKeys.Issue(() => Post(Cancel));
        _session = new Session
        {
            Id = id,
            Principal = principal,
            Target = shared.Target.Name,
            Client = start.Wire.RemoteEndPoint,
            StartedAt = door.Time.GetUtcNow(),
            Recorder = recorder,
            End = end => Post(() => End(end)),
            CheckClient = CheckClient,
            IsBusy = IsBusy,
        };

        _parts = new SessionParts(door, shared, start, settings, connection, _session, recorder, role);
        _exchange = _parts.Exchange;
        _admittance = _parts.Admittance;
    }

    /// <summary>Runs the session to its end. Never throws for what a peer did.</summary>
    public async Task RunAsync()
    {
        _door.Metrics.SessionStarted(_session.Target);
        _door.Sessions.Add(_session);
        _shared.Watch.Enter();
        var reason = "gateway-error";
        try
        {
            reason = await ServeAsync();
        }
        finally
        {
            _shared.Watch.Leave();
            await CloseAsync(reason);
        }

        if (_fault is not null)
        {
            // The record is complete; whoever runs the connection logs the fault.
            ExceptionDispatchInfo.Throw(_fault);
        }
    }

    public void Dispose() => _parts.Dispose();

    private async Task<string> ServeAsync()
    {
        var backend = _parts.Backend.RunAsync();
        var frontend = ServeClientAsync();
        var first = await Task.WhenAny(backend, frontend);
        var reason = _end is { } end ? end.Code : await ReasonAsync(first, first == frontend);
        await LeaveAsync(clientIsThere: first == backend || frontend.IsFaulted);

        // Both wires are closed now: whatever still waits ends with an error that says nothing new.
        _exchange.Replies.Fail(new IOException("the session is over"));
        await Task.WhenAll(backend, frontend).ContinueWith(static _ => { }, TaskScheduler.FromCurrentSynchronizationContext());
        return reason;
    }

    private async Task ServeClientAsync()
    {
        if (!_shared.Catalog.IsReady)
        {
            var isReady = await _parts.Inquiry.BootstrapAsync();
            _exchange.SendSync(hidden: true);
            await _exchange.FlushServerAsync();
            await _exchange.Replies.WhenAtMostAsync(0);
            if (!isReady)
            {
                throw new TargetUnavailableException(TargetFailure.Protocol, "the target's catalogue cannot be read");
            }
        }

        Greet();
        await _exchange.Client.FlushAsync();
        await _parts.Frontend.RunAsync();
    }

    private void Greet()
    {
        var output = _exchange.Client.Pending;
        output.Begin(BackendMessage.Authentication).Int32(0).End();
        foreach (var (name, value) in _connection.Parameters)
        {
            output.Begin(BackendMessage.ParameterStatus).CString(name).CString(value).End();
        }

        output.Begin(BackendMessage.BackendKeyData).Int32(_processId).Bytes(_secret).End();
        output.Begin(BackendMessage.ReadyForQuery).Byte((byte)'I').End();
    }

    /// <summary>Why the session ends, recorded and, where somebody is left to hear it, told to the client.</summary>
    private async Task<string> ReasonAsync(Task first, bool isFrontend)
    {
        try
        {
            await first;
            if (isFrontend)
            {
                return "client-closed";
            }

            Tell("08006", $"target {_session.Target} closed the connection; connect again");
            return "target-lost";
        }
        catch (StatementVoidException)
        {
            Tell("40001", "the tables of a running statement changed, so its result is withheld; connect again and repeat it");
            return "statement-void";
        }
        catch (LedgerUnavailableException)
        {
            Tell("58030", "NOT EXECUTED - the gateway's ledger cannot record, so nothing runs; tell the operator");
            return "ledger-unavailable";
        }
        catch (TargetUnavailableException unavailable)
        {
            Tell("08006", unavailable.Message);
            return "target-lost";
        }
        catch (PostgresProtocolException broken) when (isFrontend)
        {
            Tell("08P01", broken.Message);
            return "protocol-error";
        }
        catch (PostgresProtocolException)
        {
            Tell("08006", $"target {_session.Target} sent what the gateway cannot vouch for; connect again");
            return "target-protocol-error";
        }
        catch (IOException)
        {
            if (!isFrontend)
            {
                Tell("08006", $"the connection to target {_session.Target} was lost; connect again");
            }

            return isFrontend ? "client-lost" : "target-lost";
        }
        catch (Exception fault)
        {
            _fault = fault;
            Tell("XX000", "NOT EXECUTED - the gateway failed and ends the session; tell the operator");
            return "gateway-error";
        }
    }

    private void Tell(string sqlState, string message)
    {
        if (!_exchange.Client.MidMessage && !_exchange.ServerSaidFatal)
        {
            _exchange.Client.Pending.Bytes(ErrorFields.Error(sqlState, message, severity: "FATAL"));
        }
    }

    /// <summary>Cancels what still runs at the target, says the last words, and closes both wires.</summary>
    private async Task LeaveAsync(bool clientIsThere)
    {
        if (_left)
        {
            return;
        }

        _left = true;
        var isRunning = _exchange.Replies.Count > 0;
        RecordUnfinished();

        // Cancelled while the client is told, not after: one that does not read must not keep its statement alive.
        var stopping = isRunning && _connection.BackendKey is { } key && !_exchange.ServerWire.IsPeerGone ? CancelQuietlyAsync(key) : Task.CompletedTask;
        if (clientIsThere && !_clientGone)
        {
            try
            {
                await _exchange.Client.FlushAsync().AsTask().WaitAsync(FarewellTime, _door.Time);
            }
            catch (Exception exception) when (exception is IOException or TimeoutException)
            {
                // The client is gone or does not read; its last words are lost, the record is not.
            }
        }

        await stopping;
        if (!isRunning)
        {
            await SayGoodbyeAsync();
        }

        _exchange.ClientWire.Abort();
        _exchange.ServerWire.Abort();
        if (isRunning && _role is null && _connection.BackendKey is { } left)
        {
            _ = LeftProcess.EndAsync(_shared.Control, left.ProcessId, _door.Time.GetUtcNow() - _session.StartedAt, _door.Time);
        }
    }

    /// <summary>Every intent gets its outcome: the first one the server still works on is lost, those behind it never ran.</summary>
    private void RecordUnfinished()
    {
        var status = OutcomeStatus.ConnectionLost;
        while (_exchange.Replies.Count > 0)
        {
            var reply = _exchange.Replies.Dequeue();
            if (reply.State is Execution execution)
            {
                execution.End(_recorder, status, sqlState: null, execution.Rows);
                status = OutcomeStatus.Skipped;
            }

            (reply.State as IReplyWaiter)?.Fail(new IOException("the session is over"));
        }

        foreach (var suspended in _exchange.Suspended)
        {
            suspended.End(_recorder, OutcomeStatus.Ok, sqlState: null, suspended.Rows);
        }
    }

    private async Task SayGoodbyeAsync()
    {
        try
        {
            await _exchange.ServerWire.SendAsync(new byte[] { FrontendMessage.Terminate, 0, 0, 0, 4 }).AsTask().WaitAsync(FarewellTime, _door.Time);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            // It is gone already.
        }
    }

    private async Task CloseAsync(string reason)
    {
        _exchange.ClientWire.Abort();
        _exchange.ServerWire.Abort();
        _door.CancelKeys.Withdraw(_processId);
        Dispose();
        try
        {
            await (_role?.RevokeAsync(_door.Time) ?? Task.CompletedTask);
            await _recorder.EndAsync(reason);
        }
        catch (LedgerUnavailableException)
        {
            // Recovery closes what the ledger could not.
        }
        finally
        {
            _door.Sessions.Remove(_session);
            _door.Sessions.Release(_session.Principal.Id);
            _door.Metrics.SessionEnded(_session.Target);
            _door.Metrics.BytesToClient(_exchange.Client.Sent);
        }
    }

    private bool IsBusy() => _exchange.Replies.Count > 0 || _admittance.IsHolding;

    private void Post(Action action) => _context.Post(static state => ((Action)state!)(), action);

    /// <summary>A CancelRequest for this session: a held command is given up, a running one is cancelled at the target.</summary>
    private void Cancel()
    {
        if (_admittance.IsHolding)
        {
            _admittance.CancelHold();
        }
        else if (_connection.BackendKey is { } key && _exchange.Replies.Count > 0)
        {
            _ = CancelQuietlyAsync(key);
        }
    }

    private async Task CancelQuietlyAsync(BackendKey key)
    {
        try
        {
            await _shared.Target.CancelAsync(key);
        }
        catch (TargetUnavailableException)
        {
            // As in PostgreSQL, whoever asked to cancel is not told; the command goes on.
        }
    }

    private void CheckClient()
    {
        if (IsBusy() && !_clientGone)
        {
            Post(LeaveIfClientGone);
            if (_parts.Usage.Any)
            {
                Post(CountTime);
            }
        }
    }

    private void CountTime()
    {
        if (_exchange.Replies.Running() is { } execution)
        {
            _ = CountTimeAsync(execution);
        }
    }

    private async Task CountTimeAsync(Execution execution)
    {
        try
        {
            await _parts.Usage.TickAsync(execution);
        }
        catch (LedgerUnavailableException)
        {
            End(new SessionEnd("ledger-unavailable", "58030", "the gateway's ledger cannot record, so nothing runs; tell the operator"));
        }
    }

    private void LeaveIfClientGone()
    {
        if (!_clientGone && IsBusy() && _exchange.ClientWire.IsPeerGone)
        {
            _clientGone = true;
            _ = EndByForceAsync();
        }
    }

    private void End(SessionEnd end)
    {
        if (_end is null && !_clientGone)
        {
            _end = end;
            Tell(end.SqlState, end.Message);
            _ = EndByForceAsync();
        }
    }

    /// <summary>Ends both loops from outside: their waits fail, and the session goes on to its end.</summary>
    private async Task EndByForceAsync()
    {
        await LeaveAsync(clientIsThere: true);
        _admittance.CancelHold();
        _exchange.Replies.Fail(new IOException("the session is over"));
    }
}
