using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>The gateway's own conversation with a server, by simple queries. Never carries a client's statement. One caller at a time, on the context it was made on.</summary>
internal sealed class PlainConnection : IAsyncDisposable
{
    /// <summary>Most rows one statement may bring.</summary>
    public const int MaxRows = 1_000_000;

    /// <summary>Longest message taken from the server.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>Most bytes of all cells of one result.</summary>
    private const long MaxResultBytes = 256L * 1024 * 1024;

    /// <summary>Names in our statements are looked up where nobody but the owner of the server can put something.</summary>
    private static readonly KeyValuePair<string, string>[] Settings =
    [
        new("client_encoding", "UTF8"),
        new("standard_conforming_strings", "on"),
        new("client_min_messages", "error"),
        new("search_path", "pg_catalog, pg_temp"),
        new("lock_timeout", "10s"),
        new("application_name", "sallyport"),
    ];

    private readonly TargetConnection _connection;
    private readonly InputBuffer _input;

    private PlainConnection(TargetConnection connection)
    {
        _connection = connection;
        _input = new InputBuffer(connection.Wire);
        _input.Preload(connection.Unread.Span);
    }

    /// <summary>Major version, such as 15.</summary>
    public int ServerVersion => _connection.ServerVersion;

    /// <exception cref="TargetUnavailableException">Whatever went wrong.</exception>
    public static async Task<PlainConnection> OpenAsync(PostgresTarget target, CancellationToken cancellationToken) =>
        new(await target.ConnectAsync(Settings, cancellationToken));

    /// <summary>A conversation over a stream whose other end is about to greet as after a successful sign-in; <see cref="WhenReadyAsync"/> comes first.</summary>
    public static PlainConnection Over(Wire wire) => new(new TargetConnection { Wire = wire, BackendKey = null, Parameters = [], ServerVersion = 0 });

    /// <summary>Reads up to the first ReadyForQuery.</summary>
    public async ValueTask WhenReadyAsync() => await AnswerAsync();

    /// <summary>What the server reported of a setting at the start, or null.</summary>
    public string? Reported(string parameter) =>
        _connection.Parameters.LastOrDefault(p => p.Key.Equals(parameter, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Runs statements and gives the rows of the last that has any, as text.</summary>
    /// <exception cref="StatementFailedException">The server refused one; what it did before is undone unless a transaction block is open.</exception>
    /// <exception cref="IOException">The connection is lost or the answer too large.</exception>
    public async ValueTask<IReadOnlyList<string?[]>> QueryAsync(string sql)
    {
        var output = new MessageBuffer();
        try
        {
            output.Begin(FrontendMessage.Query).CString(sql).End();
            await _connection.Wire.SendAsync(output.Written);
        }
        finally
        {
            output.Clear();
        }

        return await AnswerAsync();
    }

    /// <summary>One value of one row.</summary>
    public async ValueTask<string?> ScalarAsync(string sql) => await QueryAsync(sql) is [{ Length: > 0 } row, ..] ? row[0] : null;

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

    /// <summary>Ends the connection at once, from any thread; a statement under way fails.</summary>
    public void Abort() => _connection.Wire.Abort();

    private async ValueTask<IReadOnlyList<string?[]>> AnswerAsync()
    {
        var rows = new List<string?[]>();
        StatementFailedException? failure = null;
        var bytes = 0L;
        while (true)
        {
            var length = await _input.NextMessageAsync(MaxMessageBytes);
            var ready = false;
            switch (_input.Unread[0])
            {
                case BackendMessage.RowDescription:
                    rows.Clear();
                    break;
                case BackendMessage.DataRow:
                    bytes += length;
                    rows.Add(rows.Count < MaxRows && bytes <= MaxResultBytes ? Cells(_input.Unread[5..length]) : throw new IOException("The server's answer is too large."));
                    break;
                case BackendMessage.ErrorResponse:
                    failure ??= Failure(_input.Unread[5..length]);
                    break;
                case BackendMessage.ReadyForQuery:
                    ready = true;
                    break;
            }

            _input.Advance(length);
            if (ready)
            {
                return failure is null ? rows : throw failure;
            }
        }
    }

    private static string?[] Cells(ReadOnlySpan<byte> row)
    {
        var reader = new MessageReader(row);
        var cells = new string?[reader.Int16()];
        for (var i = 0; i < cells.Length; i++)
        {
            var length = reader.Int32();
            cells[i] = length < 0 ? null : Encoding.UTF8.GetString(reader.Bytes(length));
        }

        return cells;
    }

    private static StatementFailedException Failure(ReadOnlySpan<byte> body) =>
        new(ErrorFields.SqlState(body), Encoding.UTF8.GetString(ErrorFields.Find(body, ErrorFields.Message)));
}
