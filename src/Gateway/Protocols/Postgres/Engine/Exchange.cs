using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What the two directions of one session share. Everything here runs on the session's context, so nothing is locked.</summary>
internal sealed class Exchange(Wire client, Wire server) : IDisposable
{
    // No number of executions: a block of ours is open.
    private const long InBlock = -1;

    private long _executesAtSync;

    public Wire ClientWire => client;

    public Wire ServerWire => server;

    public ClientOutput Client { get; } = new(client);

    /// <summary>Bytes on their way to the server; written by the client's side only.</summary>
    public MessageBuffer Server { get; } = new();

    public ReplyQueue Replies { get; } = new();

    /// <summary>The objects the client made by SQL, and the client's names of statements.</summary>
    public SqlNames Names { get; } = new();

    /// <summary>Executions under way that change <see cref="Names"/>: until they end, a look-up there may not be true.</summary>
    public int NamesInFlux { get; set; }

    /// <summary>The server's last word: I idle, T in a transaction block, E in a failed one.</summary>
    public byte TransactionStatus { get; set; } = (byte)'I';

    /// <summary>An error made the server skip everything up to the next Sync, which has not been sent yet.</summary>
    public bool Skipping { get; set; }

    /// <summary>PHI was touched in the transaction that is open: its later errors may carry stored values too.</summary>
    /// <remarks>Kept by the server's side, as its answers come in: what is sent ahead may belong to the next transaction.</remarks>
    public bool TransactionTouchedPhi { get; set; }

    /// <summary>The most a failure put off to the end of the open transaction can tell.</summary>
    public FailureRisk TransactionRisk { get; set; }

    /// <summary>Counts the Syncs sent: what lies between two of them is one batch.</summary>
    public long Batch { get; private set; }

    /// <summary>Counts the Executes sent. Between a Parse and its Bind none may lie for the Bind to be sure of the Parse's meaning.</summary>
    public long Executes { get; set; }

    /// <summary>Whether the transaction that is open, if one is, has done nothing yet but to look things up: Sync ends it and nobody can tell.</summary>
    public bool IsUntouched => TransactionStatus == (byte)'I' && Executes == _executesAtSync;

    /// <summary>Executions that a row limit suspended. They end when they are executed to the end, or with their transaction.</summary>
    public HashSet<Execution> Suspended { get; } = [];

    /// <summary>DDL or a SET ran in the transaction that is open: its ROLLBACK changes what texts mean once more.</summary>
    public bool TransactionChangedMeanings { get; set; }

    /// <summary>Counts the transactions that have ended: what happens at one number happens in one transaction.</summary>
    public long Transaction { get; set; }

    /// <summary>DDL ran in the transaction that is open: others see it, or it is undone, when the transaction ends.</summary>
    public bool TransactionRanDdl { get; set; }

    /// <summary>Called when a transaction with DDL has ended.</summary>
    public Action SchemaChanged { get; set; } = static () => { };

    /// <summary>A transaction has ended at the server. Set by the server's side, taken in by the client's side before its next statement.</summary>
    public bool TransactionEnded { get; set; }

    /// <summary>The transaction that ended had changed what texts mean, which its end may have undone.</summary>
    public bool MeaningsMayBeUndone { get; set; }

    /// <summary>Nothing is under way and no transaction is open, so portals of earlier batches are gone.</summary>
    public bool IsIdle => Replies.Count == 0 && TransactionStatus == (byte)'I';

    /// <summary>The server has said goodbye itself; the client needs no second word.</summary>
    public bool ServerSaidFatal { get; set; }

    /// <summary>The least severe notices the client asked for.</summary>
    public NoticeLevel NoticeLevel { get; set; } = NoticeLevel.Notice;

    public async ValueTask FlushServerAsync()
    {
        if (Server.Length > 0)
        {
            await server.SendAsync(Server.Written);
            Server.Clear();
        }
    }

    /// <summary>Queues a message of ours in its place; goes out at once when the server owes nothing before it.</summary>
    public void Reply(byte[] message, Action? undo = null)
    {
        if (Replies.Count == 0)
        {
            Client.Pending.Bytes(message);
        }
        else
        {
            Replies.Enqueue(new Reply(ReplyKind.Synthetic, message, Undo: undo));
        }
    }

    /// <summary>
    /// Refuses in PostgreSQL's own way: a statement that cannot be parsed goes to the server, so that its transaction fails, implicit or
    /// not, and what follows up to Sync is skipped; the client gets <paramref name="error"/> in place of the server's words.
    /// </summary>
    public void InjectError(byte[] error)
    {
        if (Skipping)
        {
            // The server already skips: the client gets the error that made it, as PostgreSQL would have it.
            return;
        }

        Server.Begin(FrontendMessage.Parse).CString("sallyport_refused"u8).CString("REFUSED"u8).Int16(0).End();
        Server.Begin(FrontendMessage.Flush).End();
        Replies.Enqueue(new Reply(ReplyKind.InjectedError, error));
        Skipping = true;
    }

    /// <summary>Opens a block of ours, or commits it: that is what the client takes for the end of its own message.</summary>
    public void SendBlock(bool opens)
    {
        Server.Begin(FrontendMessage.Query).CString(opens ? "BEGIN"u8 : "COMMIT"u8).End();
        Replies.Enqueue(new Reply(ReplyKind.Block, Hidden: opens));
        Batch++;
        _executesAtSync = opens ? InBlock : Executes;
    }

    /// <summary>Lets everything asked before be answered.</summary>
    public async ValueTask QuiesceAsync()
    {
        Server.Begin(FrontendMessage.Flush).End();
        await FlushServerAsync();
        await Replies.WhenAtMostAsync(0);
    }

    /// <summary>Lets what changes <see cref="Names"/> be answered.</summary>
    public ValueTask SettleNamesAsync() => NamesInFlux == 0 ? ValueTask.CompletedTask : QuiesceAsync();

    public void SendSync(bool hidden = false)
    {
        Server.Begin(FrontendMessage.Sync).End();
        Replies.Enqueue(new Reply(ReplyKind.Sync, Hidden: hidden));
        Skipping = false;
        Batch++;
        _executesAtSync = Executes;
    }

    public void Dispose() => Client.Dispose();
}

/// <summary>Severities a client can filter notices by (client_min_messages).</summary>
internal enum NoticeLevel
{
    Notice,
    Warning,
    Error,
}
