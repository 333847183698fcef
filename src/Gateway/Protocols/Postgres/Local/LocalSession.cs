using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Local;

/// <summary>
/// The client's side of a session inside this process: sends one statement after the other by the extended protocol and keeps what comes
/// back within limits. Callers take turns.
/// </summary>
public sealed class LocalSession : IAsyncDisposable
{
    /// <summary>How long a cancelled statement, or a session that is to end, may take to do so.</summary>
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(10);

    /// <summary>A cancellation that comes just before a statement is held or sent changes nothing, so it is repeated.</summary>
    private static readonly TimeSpan CancelEvery = TimeSpan.FromMilliseconds(250);

    private readonly MemoryWire _wire;
    private readonly LocalObserver _observer;
    private readonly Task _running;
    private readonly CancelKeys _cancelKeys;
    private readonly LocalAnswers _answers;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _isClosed;

    internal LocalSession(MemoryWire wire, LocalObserver observer, Task running, CancelKeys cancelKeys, Func<uint, string?> typeName, TimeProvider time)
    {
        (_wire, _observer, _running, _cancelKeys, _time) = (wire, observer, running, cancelKeys, time);
        _answers = new LocalAnswers(new InputBuffer(wire), typeName);
    }

    /// <summary>Whether the session has ended, for whatever reason; then it answers nothing but why.</summary>
    public bool IsOver => IsClosed || _answers.IsOver || _running.IsCompleted;

    /// <summary>Whether a transaction block is open, or has failed and waits for its end.</summary>
    public bool IsInTransaction => _answers.TransactionStatus != (byte)'I';

    private bool IsClosed => Volatile.Read(ref _isClosed) == 1;

    /// <summary>Runs one statement. Cancelling gives up a hold, or cancels what runs at the target; the session stays.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before its turn came.</exception>
    public async Task<LocalResult> ExecuteAsync(LocalStatement statement, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(statement);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var answer = RunAsync(statement, cancellationToken);
            try
            {
                return await answer.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (!answer.IsCompleted)
            {
                return await CancelledAsync(answer);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Cancels what runs, says goodbye and waits until the session's end is recorded. Whoever still waits for a turn is told that it is over.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 1)
        {
            return;
        }

        Cancel();
        if (!await _turn.WaitAsync(EndTime))
        {
            // A statement that does not heed its cancellation ends with its wire; its answer is being read until then.
            _wire.Abort();
            await _turn.WaitAsync();
        }

        try
        {
            await _wire.SendAsync(new byte[] { FrontendMessage.Terminate, 0, 0, 0, 4 }).AsTask().WaitAsync(EndTime, _time);
            await _running.WaitAsync(EndTime, _time);
        }
        catch (Exception gone) when (gone is IOException or TimeoutException)
        {
            // It is gone already, or does not listen: it ends when its wire does.
        }

        _wire.Abort();
        _answers.Dispose();
        _turn.Release();
    }

    private async Task<LocalResult> RunAsync(LocalStatement statement, CancellationToken cancellationToken)
    {
        if (_answers.End is { } ended)
        {
            return ended;
        }

        if (IsClosed)
        {
            return LocalAnswers.Over;
        }

        if (!_answers.IsReady && await _answers.ReadAsync(statement, static () => null) is { } notIn)
        {
            return WithReason(notIn);
        }

        // A statement whose client is gone must never run, not even late.
        cancellationToken.ThrowIfCancellationRequested();
        _observer.Begin(statement);
        var output = new MessageBuffer();
        try
        {
            Write(output, statement);
            await _wire.SendAsync(output.Written);
        }
        catch (IOException)
        {
            // The session ended meanwhile; its last words are still to be read.
        }
        finally
        {
            output.Clear();
        }

        var result = await _answers.ReadAsync(statement, () => _observer.Refusal) ?? throw new InvalidOperationException("a statement has no answer");
        if (result is LocalResult.Ended)
        {
            _wire.Abort();
        }

        return result;
    }

    /// <summary>A refusal at the door, told as one where the entrance named its parts.</summary>
    private LocalResult WithReason(LocalResult result) =>
        result is LocalResult.Ended { SqlState: var state } && _observer.Refusal is { } refusal ? new LocalResult.Refused(refusal, state) : result;

    private async Task<LocalResult> CancelledAsync(Task<LocalResult> answer)
    {
        var begun = _time.GetTimestamp();
        while (!answer.IsCompleted)
        {
            Cancel();
            await Task.WhenAny(answer, Task.Delay(CancelEvery, _time));
            if (_time.GetElapsedTime(begun) > EndTime)
            {
                _wire.Abort();
            }
        }

        return await answer;
    }

    private static void Write(MessageBuffer output, LocalStatement statement)
    {
        output.Begin(FrontendMessage.Parse).CString(""u8).CString(statement.Sql).Int16(0).End();
        output.Begin(FrontendMessage.Bind).CString(""u8).CString(""u8).Int16(0).Int16((short)statement.Parameters.Count);
        foreach (var parameter in statement.Parameters)
        {
            var bytes = parameter is null ? null : System.Text.Encoding.UTF8.GetBytes(parameter);
            output.Int32(bytes?.Length ?? -1).Bytes(bytes);
        }

        output.Int16(0).End();
        output.Begin(FrontendMessage.Describe).Byte((byte)'P').CString(""u8).End();
        // One row more than is kept tells whether there are more.
        output.Begin(FrontendMessage.Execute).CString(""u8).Int32(statement.MaxRows + 1).End();
        output.Begin(FrontendMessage.Sync).End();
    }

    private void Cancel()
    {
        if (_answers.Key is { } key)
        {
            _cancelKeys.Present(key.ProcessId, key.Secret.Span);
        }
    }
}
