using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The objects one session made by SQL rather than by messages (cursors, prepared statements), and the server-side names behind the client's
/// prepared statements. An object that is not known here cannot be used: it may have been opened by a function.
/// </summary>
internal sealed class SqlNames
{
    /// <summary>Most cursors, and most statements of PREPARE, one session may have.</summary>
    public const int Limit = 1000;

    // Name, and whether it outlives its transaction.
    private readonly Dictionary<string, bool> _cursors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _prepared = new(StringComparer.Ordinal);

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

    public bool HasCursor(string name) => _cursors.ContainsKey(name);

    /// <summary>No transaction is open any more: cursors without HOLD are gone.</summary>
    public void TransactionEnded()
    {
        if (_cursors.Count > 0)
        {
            foreach (var (cursor, isHeld) in _cursors)
            {
                if (!isHeld)
                {
                    _cursors.Remove(cursor);
                }
            }
        }
    }

    public byte[]? PreparedText(string name) => _prepared.GetValueOrDefault(name);

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
    public void Completed(StatementForm form)
    {
        switch (form)
        {
            case StatementForm.Declare declare when _cursors.Count < Limit:
                _cursors[declare.Cursor] = declare.WithHold;
                break;
            case StatementForm.Close { Cursor: { } cursor }:
                _cursors.Remove(cursor);
                break;
            case StatementForm.Close:
                _cursors.Clear();
                break;
            case StatementForm.Prepare prepare when _prepared.Count < Limit && _prepared.Values.Sum(static t => t.Length) < ParseMessages.MaxHeldBytes:
                _prepared[prepare.Name] = Encoding.UTF8.GetBytes(prepare.InnerProbe);
                break;
            case StatementForm.Deallocate { Name: { } name }:
                _prepared.Remove(name);
                Statements.Remove(name);
                break;
            case StatementForm.Deallocate or StatementForm.Discard { Scope: DiscardScope.All }:
                _prepared.Clear();
                Statements.Clear();
                break;
        }
    }
}
