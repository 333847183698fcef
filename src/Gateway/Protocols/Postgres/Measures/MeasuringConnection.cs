using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>
/// A connection on which a held statement is measured and which ends with that. Apart from the session's own, so that nothing that happens here
/// can touch the session's transaction, locks or settings. One caller at a time, on the context it was made on.
/// </summary>
internal sealed class MeasuringConnection : IAsyncDisposable
{
    /// <summary>Longest message taken from the server.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>Most bytes kept of the rows of one answer; the rest is dropped as it comes.</summary>
    private const int MaxKeptBytes = 8 * 1024 * 1024;

    private readonly TargetConnection _connection;
    private readonly InputBuffer _input;

    private MeasuringConnection(TargetConnection connection)
    {
        _connection = connection;
        _input = new InputBuffer(connection.Wire);
        _input.Preload(connection.Unread.Span);
    }

    /// <summary>Major version, such as 15.</summary>
    public int ServerVersion => _connection.ServerVersion;

    /// <exception cref="Targets.TargetUnavailableException">Whatever went wrong.</exception>
    public static async Task<MeasuringConnection> OpenAsync(PostgresTarget target, IReadOnlyList<KeyValuePair<string, string>> settings, CancellationToken cancellationToken) =>
        new(await target.ConnectAsync(settings, cancellationToken));

    /// <summary>Runs statements of the gateway's own.</summary>
    /// <exception cref="StatementFailedException">The server refused one.</exception>
    /// <exception cref="IOException">The connection is lost.</exception>
    public ValueTask<MeasureAnswer> QueryAsync(string sql) => AskAsync(MaxKeptBytes, output => output.Begin(FrontendMessage.Query).CString(sql).End());

    /// <summary>Parses a statement as the unnamed one. Nothing of it runs.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="parameterTypes">Count and OIDs as in the Parse message.</param>
    /// <inheritdoc cref="QueryAsync"/>
    public ValueTask<MeasureAnswer> ParseAsync(ReadOnlyMemory<byte> text, ReadOnlyMemory<byte> parameterTypes) => AskAsync(MaxKeptBytes, output =>
    {
        output.Begin(FrontendMessage.Parse).CString(""u8).CString(text.Span).Bytes(parameterTypes.Span).End();
        output.Begin(FrontendMessage.Sync).End();
    });

    /// <summary>Binds and executes what <see cref="ParseAsync"/> has parsed.</summary>
    /// <param name="parameters">The parameter part of a Bind message; empty for none.</param>
    /// <param name="keepsRows">Whether its rows are wanted; otherwise they are dropped as they come.</param>
    /// <inheritdoc cref="QueryAsync"/>
    public ValueTask<MeasureAnswer> ExecuteAsync(ReadOnlyMemory<byte> parameters, bool keepsRows) => AskAsync(keepsRows ? MaxKeptBytes : 0, output =>
    {
        output.Begin(FrontendMessage.Bind).CString(""u8).CString(""u8).Bytes(parameters.IsEmpty ? "\0\0\0\0"u8 : parameters.Span).Int16(0).End();
        output.Begin(FrontendMessage.Execute).CString(""u8).Int32(0).End();
        output.Begin(FrontendMessage.Sync).End();
    });

    /// <summary>
    /// Parses a statement and gives the tree the server shows of it; null where it is another one than in the session: other settings, or tables of the
    /// session's own, would measure something else.
    /// </summary>
    /// <inheritdoc cref="QueryAsync"/>
    public async ValueTask<byte[]?> TreeAsync(ServerStatement statement)
    {
        var parsed = await ParseAsync(statement.Text, statement.ParameterTypes);
        return parsed.Dumps is [{ Length: > 0 } tree] && ServerStatement.HashOf(tree) == statement.DumpHash ? tree : null;
    }

    /// <summary>Ends the connection at once, from any thread; the server rolls back what is open.</summary>
    public void Abort() => _connection.Wire.Abort();

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.Wire.SendAsync(new byte[] { FrontendMessage.Terminate, 0, 0, 0, 4 });
        }
        catch (IOException)
        {
            // It is gone already.
        }

        _connection.Dispose();
        _input.Release();
    }

    private async ValueTask<MeasureAnswer> AskAsync(int maxKeptBytes, Action<MessageBuffer> write)
    {
        var output = new MessageBuffer();
        try
        {
            write(output);
            await _connection.Wire.SendAsync(output.Written);
        }
        finally
        {
            output.Clear();
        }

        return await AnswerAsync(maxKeptBytes);
    }

    private async ValueTask<MeasureAnswer> AnswerAsync(int maxKeptBytes)
    {
        var answer = new MeasureAnswer();
        StatementFailedException? failure = null;
        while (true)
        {
            var length = await _input.NextMessageAsync(MaxMessageBytes);
            var type = _input.Unread[0];
            if (type == BackendMessage.ErrorResponse)
            {
                failure ??= Failure(_input.Unread[5..length]);
            }
            else
            {
                answer.Take(type, _input.Unread[5..length], maxKeptBytes);
            }

            _input.Advance(length);
            if (type == BackendMessage.ReadyForQuery)
            {
                return failure is null ? answer : throw failure;
            }
        }
    }

    /// <summary>The server's words may hold values, so they stay here.</summary>
    private static StatementFailedException Failure(ReadOnlySpan<byte> body) => new(ErrorFields.SqlState(body), "The server refused a statement that was to be measured.");
}

/// <summary>What came back for one request to the server.</summary>
internal sealed class MeasureAnswer
{
    private readonly List<byte[]?[]> _rows = [];
    private int _keptBytes;

    /// <summary>The rows, as text; those over the limit are left out.</summary>
    public IReadOnlyList<byte[]?[]> Rows => _rows;

    /// <summary>The query trees the server showed.</summary>
    public List<byte[]> Dumps { get; } = [];

    /// <summary>The tag of the last command, such as <c>UPDATE 3</c>.</summary>
    public string Tag { get; private set; } = "";

    /// <param name="row">The row.</param>
    /// <param name="column">The column, from 0.</param>
    public string? Text(int row, int column) => _rows[row][column] is { } cell ? Encoding.UTF8.GetString(cell) : null;

    public void Take(byte type, ReadOnlySpan<byte> body, int maxKeptBytes)
    {
        switch (type)
        {
            case BackendMessage.DataRow when (_keptBytes += body.Length) <= maxKeptBytes:
                _rows.Add(Cells(body));
                break;
            case BackendMessage.CommandComplete:
                Tag = Encoding.ASCII.GetString(body.TrimEnd((byte)0));
                break;
            case BackendMessage.NoticeResponse when ErrorFields.Find(body, ErrorFields.Routine).SequenceEqual("elog_node_display"u8):
                var dump = ErrorFields.Find(body, ErrorFields.Detail);
                Dumps.Add((_keptBytes += dump.Length) <= maxKeptBytes ? dump.ToArray() : []);
                break;
        }
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
