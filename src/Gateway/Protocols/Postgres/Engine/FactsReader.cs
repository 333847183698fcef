using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Collects the rows of one hidden catalogue query.</summary>
internal sealed class FactsReader : IReplyWaiter
{
    /// <summary>Most rows one catalogue query may bring.</summary>
    public const int MaxRows = 200_000;

    /// <summary>CloseComplete messages in the answer to <see cref="Send"/>.</summary>
    public const int Closes = 3;

    private readonly TaskCompletionSource<bool> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte[]?[]> _rows = [];

    public IReadOnlyList<byte[]?[]> Rows => _rows;

    /// <summary>True when all rows came; false when the server refused or skipped the query.</summary>
    public Task<bool> End => _end.Task;

    /// <summary>CloseComplete messages still to come; the last one ends the query.</summary>
    public int ClosesLeft { get; set; } = Closes;

    public void Add(ReadOnlySpan<byte> row)
    {
        if (_rows.Count == MaxRows)
        {
            throw new PostgresProtocolException("a catalogue query returned too many rows");
        }

        var reader = new MessageReader(row);
        var cells = new byte[]?[reader.Int16()];
        for (var i = 0; i < cells.Length; i++)
        {
            var length = reader.Int32();
            cells[i] = length < 0 ? null : reader.Bytes(length).ToArray();
        }

        _rows.Add(cells);
    }

    public void Complete() => _end.TrySetResult(true);

    public void Skip() => _end.TrySetResult(false);

    public void Fail(Exception exception) => _end.TrySetException(exception);

    /// <summary>Appends the messages of the query; answered by CloseComplete, ParseComplete, BindComplete, rows, CommandComplete and two CloseCompletes.</summary>
    public static void Send(MessageBuffer server, string sql)
    {
        ReadOnlySpan<byte> name = "sallyport_facts"u8;

        // One that failed has left its statement behind.
        server.Begin(FrontendMessage.Close).Byte((byte)'S').CString(name).End();
        server.Begin(FrontendMessage.Parse).CString(name).CString(sql).Int16(0).End();
        server.Begin(FrontendMessage.Bind).CString(name).CString(name).Int16(0).Int16(0).Int16(0).End();
        server.Begin(FrontendMessage.Execute).CString(name).Int32(0).End();
        server.Begin(FrontendMessage.Close).Byte((byte)'P').CString(name).End();
        server.Begin(FrontendMessage.Close).Byte((byte)'S').CString(name).End();
        server.Begin(FrontendMessage.Flush).End();
    }
}
