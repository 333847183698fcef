using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The objects one session made by SQL rather than by messages (cursors, prepared statements), and the server-side names behind the client's
/// prepared statements. An object that is not known here cannot be used: it may have been opened by a function.
/// </summary>
internal sealed class SqlNames
{
    /// <summary>Most statements of PREPARE one session may have.</summary>
    public const int Limit = 1000;

    private readonly Dictionary<string, NamedQuery> _prepared = new(StringComparer.Ordinal);
    private long _preparedBytes;

    public SqlCursors Cursors { get; } = new();

    /// <summary>The statements the client prepared by name with Parse messages.</summary>
    public Dictionary<string, ServerStatement> Statements { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a statement names an object the way the gateway names its own at the server.</summary>
    public static bool IsReserved(StatementForm form) => form switch
    {
        StatementForm.Declare declare => IsReserved(declare.Cursor),
        StatementForm.Fetch fetch => IsReserved(fetch.Cursor),
        StatementForm.Close { Cursor: { } cursor } => IsReserved(cursor),
        StatementForm.Prepare prepare => IsReserved(prepare.Name),
        StatementForm.Execute execute => IsReserved(execute.Name),
        StatementForm.Deallocate { Name: { } name } => IsReserved(name),
        _ => false,
    };

    public static bool IsReserved(string name) => name.StartsWith("sallyport_", StringComparison.OrdinalIgnoreCase);

    /// <summary>The statement behind the client's unnamed one.</summary>
    public ServerStatement? Unnamed { get; set; }

    /// <summary>The statement of PREPARE with that name, or null.</summary>
    public NamedQuery? Prepared(string name) => _prepared.GetValueOrDefault(name);

    /// <summary>Whether a prepared statement has that name, made by PREPARE or by a Parse message: the server has one space for both.</summary>
    public bool IsPrepared(string name) => _prepared.ContainsKey(name) || Statements.ContainsKey(name);

    /// <summary>Whether one more statement of PREPARE can be remembered.</summary>
    public bool HasRoomFor(ReadOnlySpan<byte> text) => _prepared.Count < Limit && _preparedBytes + text.Length <= ParseMessages.MaxHeldBytes;

    /// <summary>The text the server gets. Differs from the client's where a name or setting of the client is ours to keep.</summary>
    public ReadOnlyMemory<byte> Substitute(StatementForm form, ReadOnlyMemory<byte> text) => form switch
    {
        // The level is filtered by the gateway; the server keeps the one that shows dumps. Same tag, no effect.
        StatementForm.SetClientMinMessages => text.Span[0] is (byte)'R' or (byte)'r' ? "RESET debug_pretty_print"u8.ToArray() : "SET debug_pretty_print TO off"u8.ToArray(),
        StatementForm.Deallocate { Name: { } name } when Statements.TryGetValue(name, out var statement) =>
            Encoding.ASCII.GetBytes($"DEALLOCATE {Encoding.ASCII.GetString(statement.Name)}"),
        _ => text,
    };

    /// <summary>Takes in what a statement did, once the server has reported success.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="tag">Its command tag: a COMMIT of a failed transaction answers ROLLBACK.</param>
    public void Completed(ServerStatement statement, ReadOnlySpan<byte> tag)
    {
        switch (statement.Form)
        {
            case StatementForm.Transaction transaction:
                Transaction(transaction, tag);
                break;
            case StatementForm.Declare when statement.Query is { } query:
                query.Declaration = statement.Age.UnderstoodAt.Declaration;
                Cursors.Declared(query);
                break;
            case StatementForm.Close { Cursor: { } cursor }:
                Cursors.Closed(cursor);
                break;
            case StatementForm.Close:
                Cursors.AllClosed();
                break;
            case StatementForm.Prepare when statement.Query is { } query:
                Add(query);
                break;
            case StatementForm.Deallocate { Name: { } name }:
                Forget(name);
                Statements.Remove(name);
                break;
            case StatementForm.Deallocate:
                ForgetAll();
                break;
            case StatementForm.Discard { Scope: DiscardScope.All }:
                Cursors.AllClosed();
                ForgetAll();
                break;
        }
    }

    /// <summary>Forgets a statement of PREPARE.</summary>
    public void Forget(string name)
    {
        if (_prepared.Remove(name, out var query))
        {
            _preparedBytes -= query.Text.Length;
        }
    }

    private void Transaction(StatementForm.Transaction transaction, ReadOnlySpan<byte> tag)
    {
        switch (transaction.Action)
        {
            case TransactionAction.Commit when tag.StartsWith("COMMIT"u8):
                Cursors.Committed();
                break;
            case TransactionAction.Commit or TransactionAction.Rollback:
                Cursors.RolledBack();
                break;
            case TransactionAction.Savepoint:
                Cursors.Saved(transaction.Savepoint!);
                break;
            case TransactionAction.Release:
                Cursors.Released(transaction.Savepoint!);
                break;
            case TransactionAction.RollbackTo:
                Cursors.RolledBackTo(transaction.Savepoint!);
                break;
        }
    }

    private void Add(NamedQuery query)
    {
        if (HasRoomFor(query.Text))
        {
            Forget(query.Name);
            _prepared[query.Name] = query;
            _preparedBytes += query.Text.Length;
        }
    }

    private void ForgetAll()
    {
        _prepared.Clear();
        _preparedBytes = 0;
        Statements.Clear();
    }
}
