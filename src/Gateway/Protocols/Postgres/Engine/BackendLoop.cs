using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Server to client. Walks message headers in place: what passes untouched is forwarded from the receive buffer, masked rows are rewritten
/// into the client's pending bytes, and every message is matched with the reply that is owed. Nothing that is not understood goes out.
/// </summary>
internal sealed partial class BackendLoop(
    Exchange exchange,
    InputBuffer input,
    SessionRecorder recorder,
    GatewayMetrics metrics,
    Revalidation revalidation,
    SideChannels channels,
    StatementEnd takeIn,
    int maxMessageBytes)
{
    /// <summary>What becomes of one whole message.</summary>
    private enum Fate
    {
        Pass,
        Drop,
    }

    private readonly ClientOutput _client = exchange.Client;

    // One masked row on its way into copy data.
    private readonly MessageBuffer _copiedRow = new();

    // What the next row of a metered execution needs before it goes out; null when nothing has to be asked for.
    private (long Bytes, long Cells)? _wanted;

    // An error came since the last ReadyForQuery.
    private bool _batchFailed;

    // The tag of a simple query's last statement, until its transaction has committed; empty when none waits.
    private byte[] _completion = [];

    // Bytes of a large untouched message that are still to come.
    private int _passing;

    // The next message answers a statement that has to be looked at again first.
    private bool _mustSettle;

    // Bytes at the front of the input that pass untouched and have not been sent.
    private int _run;

    /// <summary>What to do when a budget stops the execution at the head.</summary>
    public Func<Execution, UsageStop, ValueTask> Stopping { get; init; } =
        static (_, _) => throw new InvalidOperationException("nothing is limited here");

    /// <summary>Runs until the server closes.</summary>
    /// <exception cref="PostgresProtocolException">The server broke the protocol, or sent what may not pass.</exception>
    public async Task RunAsync()
    {
        while (true)
        {
            var wanted = 0;
            while (wanted == 0)
            {
                if (OwesDurableIntent(out var execution))
                {
                    // Nothing of the answer leaves before; what waits goes out in one send with the rows.
                    await execution.Permit.Intent.Durable;
                    execution.IntentKnownDurable = true;
                }

                if (_mustSettle)
                {
                    await SettleAsync();
                }

                if (_wanted is { } more)
                {
                    await RefillAsync(more.Bytes, more.Cells);
                }

                wanted = Walk();
            }

            await SendAsync();
            if (wanted > maxMessageBytes)
            {
                throw new PostgresProtocolException($"a message of the server has {wanted} bytes, more than the limit of {maxMessageBytes}");
            }

            if (!(input.Length < wanted && wanted > 5 ? await input.FillToAsync(wanted) : await input.FillAsync()))
            {
                return;
            }
        }
    }

    /// <summary>The server analysed a statement anew: what it means now is found out before its rows are looked at.</summary>
    private async ValueTask SettleAsync()
    {
        _mustSettle = false;
        await revalidation.SettleAsync(exchange.Replies.Head.State switch
        {
            Portal portal => portal.Statement,
            ServerStatement statement => statement,
            _ => null,
        });
    }

    private bool OwesDurableIntent(out Execution execution)
    {
        execution = exchange.Replies.Count > 0 && exchange.Replies.Head.Kind == ReplyKind.Execute ? (Execution)exchange.Replies.Head.State! : null!;
        return execution is { IntentKnownDurable: false } && input.Length > _run;
    }

    private async ValueTask SendAsync()
    {
        var run = _run;
        _run = 0;
        await _client.FlushAsync(input.UnreadMemory[..run]);
        _client.MidMessage = _passing > 0;
        input.Advance(run);
    }

    /// <summary>Walks the buffered bytes. 0: come again after the head changed; else how many bytes the next message needs.</summary>
    private int Walk()
    {
        while (true)
        {
            var unread = input.Unread[_run..];
            if (_passing > 0)
            {
                var taken = Math.Min(_passing, unread.Length);
                _run += taken;
                _passing -= taken;
                if (_passing > 0)
                {
                    return 1;
                }

                continue;
            }

            if (unread.Length < 5)
            {
                return 5;
            }

            var type = unread[0];
            var total = LengthOf(unread);
            if (PassesUnread(type))
            {
                if (!IsCovered(total, ((Execution)exchange.Replies.Head.State!).ClearCells))
                {
                    return 0;
                }

                CountRow(type, total);
                _passing = total;
                continue;
            }

            if (unread.Length < total)
            {
                return total;
            }

            if (revalidation.IsOpen && type is (BackendMessage.BindComplete or BackendMessage.RowDescription or BackendMessage.NoData))
            {
                _mustSettle = true;
                return 0;
            }

            if (type is BackendMessage.DataRow or BackendMessage.CopyData && !IsRowCovered(unread[..total]))
            {
                return 0;
            }

            var before = exchange.Replies.Count;
            Take(type, unread[..total]);
            if (exchange.Replies.Count != before)
            {
                return 0;
            }
        }
    }

    private static int LengthOf(ReadOnlySpan<byte> header)
    {
        var announced = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header[1..]);
        return announced is >= 4 and <= int.MaxValue - 1024
            ? announced + 1
            : throw new PostgresProtocolException($"message '{(char)header[0]}' of the server announces an impossible length");
    }

    /// <summary>Rows and copy data of a result that needs no mask flow by, however large.</summary>
    private bool PassesUnread(byte type) =>
        type is BackendMessage.DataRow or BackendMessage.CopyData
        && exchange.Replies.Count > 0
        && exchange.Replies.Head is { Kind: ReplyKind.Execute, State: Execution { Plan: null, Copy: null, RowDescription.Length: 0, RowLimit: 0, Stop: null } };

    /// <summary>Whether the budgets cover what goes out next; if not, they are asked for more first.</summary>
    private bool IsCovered(long bytes, long cells)
    {
        if (exchange.Replies.Head.State is not Execution { IsMetered: true, Stop: null, Lease: { } lease } || lease.Take(bytes, cells))
        {
            return true;
        }

        _wanted = (bytes, cells);
        return false;
    }

    private bool IsRowCovered(ReadOnlySpan<byte> row) =>
        exchange.Replies.Count == 0 || exchange.Replies.Head.State is not Execution { IsMetered: true, Stop: null } execution
        || IsCovered(row.Length, execution.CellsIn(row));

    private async ValueTask RefillAsync(long bytes, long cells)
    {
        _wanted = null;
        if (exchange.Replies.Count > 0 && exchange.Replies.Head.State is Execution { Stop: null, Lease: { } lease } execution
            && await lease.RefillAsync(bytes, cells) is { } stop)
        {
            await Stopping(execution, stop);
        }
    }

    private void CountRow(byte type, int total)
    {
        var execution = (Execution)exchange.Replies.Head.State!;
        execution.Bytes += total;
        execution.Rows += type == BackendMessage.DataRow ? 1 : 0;
    }

    private void Take(byte type, ReadOnlySpan<byte> message)
    {
        if (Handle(type, message) == Fate.Pass)
        {
            _run += message.Length;
            DrainSynthetic();
            return;
        }

        // A dropped or rewritten message interrupts the run.
        Output();
        input.Advance(message.Length);
        DrainSynthetic();
    }

    /// <summary>Moves the run into the pending bytes, so that something of ours can follow it.</summary>
    private MessageBuffer Output()
    {
        if (_run > 0)
        {
            _client.Pending.Bytes(input.Unread[.._run]);
            input.Advance(_run);
            _run = 0;
        }

        return _client.Pending;
    }

    private void DrainSynthetic()
    {
        while (exchange.Replies.Count > 0 && exchange.Replies.Head.Kind == ReplyKind.Synthetic)
        {
            Output().Bytes((byte[])exchange.Replies.Dequeue().State!);
        }
    }
}

/// <summary>Takes in what a statement did, when the server has reported success.</summary>
/// <param name="statement">The statement.</param>
/// <param name="tag">The body of its CommandComplete; empty when there is none.</param>
internal delegate void StatementEnd(ServerStatement statement, ReadOnlySpan<byte> tag);
