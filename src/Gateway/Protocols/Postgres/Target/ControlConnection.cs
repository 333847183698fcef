using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>A connection of the gateway's own to a target, for one catalogue query at a time. Lives on the context it was opened on.</summary>
internal sealed class ControlConnection : IDisposable
{
    /// <summary>Longest message that is read, in bytes.</summary>
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>Most rows one query may bring.</summary>
    private const int MaxRows = 200_000;

    private readonly TargetConnection _connection;
    private readonly InputBuffer _input;
    private readonly MessageBuffer _output = new();

    private ControlConnection(TargetConnection connection)
    {
        _connection = connection;
        _input = new InputBuffer(connection.Wire);
        _input.Preload(connection.Unread.Span);
    }

    /// <exception cref="TargetUnavailableException">The target does not take it.</exception>
    public static async ValueTask<ControlConnection> OpenAsync(PostgresTarget target, CancellationToken cancellationToken) =>
        new(await target.ConnectAsync([new("application_name", "sallyport-control"), new("client_encoding", "UTF8")], cancellationToken));

    /// <summary>Closes the connection from any thread; a query under way ends with <see cref="IOException"/>.</summary>
    public void Abort() => _connection.Wire.Abort();

    /// <returns>The rows in text format, or null when the server refused the query.</returns>
    /// <exception cref="IOException">The connection is lost.</exception>
    /// <exception cref="PostgresProtocolException">The server sent what does not belong there, or too much.</exception>
    public async ValueTask<IReadOnlyList<byte[]?[]>?> QueryAsync(string sql)
    {
        _output.Clear();
        _output.Begin(FrontendMessage.Query).CString(sql).End();
        await _connection.Wire.SendAsync(_output.Written);
        var rows = new List<byte[]?[]>();
        var isRefused = false;
        while (true)
        {
            var (type, length) = await NextAsync();
            switch (type)
            {
                case BackendMessage.DataRow when rows.Count < MaxRows:
                    rows.Add(Cells(_input.Unread[5..length]));
                    break;
                case BackendMessage.DataRow:
                    throw new PostgresProtocolException("a catalogue query returned too many rows");
                case BackendMessage.ErrorResponse:
                    isRefused = true;
                    break;
            }

            _input.Advance(length);
            if (type == BackendMessage.ReadyForQuery)
            {
                return isRefused ? null : rows;
            }
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _input.Release();
    }

    private async ValueTask<(byte Type, int Length)> NextAsync()
    {
        byte type;
        int length;
        while (!_input.TryPeekHeader(out type, out length))
        {
            if (!await _input.FillAsync())
            {
                throw new IOException("the target closed the control connection");
            }
        }

        if (length > MaxMessageBytes)
        {
            throw new PostgresProtocolException($"message '{(char)type}' of {length} bytes on the control connection");
        }

        return await _input.FillToAsync(length) ? (type, length) : throw new IOException("the target closed the control connection");
    }

    private static byte[]?[] Cells(ReadOnlySpan<byte> row)
    {
        var reader = new MessageReader(row);
        var cells = new byte[]?[reader.Int16()];
        for (var i = 0; i < cells.Length; i++)
        {
            var length = reader.Int32();
            cells[i] = length < 0 ? null : reader.Bytes(length).ToArray();
        }

        return cells;
    }
}
