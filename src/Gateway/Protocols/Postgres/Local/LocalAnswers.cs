using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Gateway.Protocols.Postgres.Local;

/// <summary>Reads what a session answers, up to the next ReadyForQuery, and keeps of it what the limits of a statement allow.</summary>
internal sealed class LocalAnswers(InputBuffer input, Func<uint, string?> typeName) : IDisposable
{
    /// <summary>Longest message that is held whole; a longer row is left out, anything else ends the session.</summary>
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private const int MaxNotices = 20;
    private const int MaxNoticeCharacters = 1000;
    private const int CopyBytes = 1024 * 1024;

    /// <summary>What there is to say of a session that was ended in order.</summary>
    public static readonly LocalResult.Ended Over = new("08006", "the session has ended; run the statement again", WasInTransaction: false);

    private readonly List<LocalColumn> _columns = [];
    private readonly List<string?[]> _rows = [];
    private readonly List<string> _notices = [];
    private LocalStatement _statement = new("", [], 0, 0, TimeSpan.Zero);
    private LocalResult.Failed? _error;
    private string _tag = "";
    private long _bytes;
    private bool _truncated;

    /// <summary>Whether the session has greeted.</summary>
    public bool IsReady { get; private set; }

    public bool IsOver => End is not null;

    public LocalResult.Ended? End { get; private set; }

    /// <summary>I, T or E, as in ReadyForQuery.</summary>
    public byte TransactionStatus { get; private set; } = (byte)'I';

    /// <summary>What cancels the session; null before it has greeted.</summary>
    public BackendKey? Key { get; private set; }

    /// <summary>Reads one answer.</summary>
    /// <param name="statement">Whose limits hold.</param>
    /// <param name="refusal">The gateway's refusal of it, asked when an error has come.</param>
    /// <returns>Null for the greeting.</returns>
    public async Task<LocalResult?> ReadAsync(LocalStatement statement, Func<CommandRefusal?> refusal)
    {
        Reset(statement);
        var greets = !IsReady;
        try
        {
            while (true)
            {
                var length = await NextAsync();
                var ready = length > 0 && Take(input.Unread[0], input.Unread[5..length]);
                input.Advance(length);
                if (ready)
                {
                    IsReady = true;
                    return greets ? null : Result(refusal());
                }
            }
        }
        catch (Exception broken) when (broken is IOException or PostgresProtocolException)
        {
            // The last error before the end says why.
            var wasInTransaction = TransactionStatus != (byte)'I';
            TransactionStatus = (byte)'I';
            return End = _error is { } last
                ? new LocalResult.Ended(last.SqlState, last.Message, wasInTransaction)
                : Over with { WasInTransaction = wasInTransaction };
        }
    }

    public void Dispose() => input.Release();

    private void Reset(LocalStatement statement)
    {
        _columns.Clear();
        _rows.Clear();
        _notices.Clear();
        (_statement, _error, _tag, _bytes, _truncated) = (statement, null, "", 0, false);
    }

    private LocalResult Result(CommandRefusal? refusal)
    {
        if (_error is { } error && refusal is { Code: CommandRefusal.Cut })
        {
            return new LocalResult.Done([.. _columns], [.. _rows], Truncated: true, _tag, [.. _notices], refusal);
        }

        return _error is not { } failed
            ? new LocalResult.Done([.. _columns], [.. _rows], _truncated, _tag, [.. _notices])
            : refusal is not null ? new LocalResult.Refused(refusal, failed.SqlState) : failed;
    }

    /// <returns>Whether it was the last message of the answer.</returns>
    private bool Take(byte type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case BackendMessage.BackendKeyData:
                var key = new MessageReader(body);
                Key = new BackendKey(key.Int32(), key.Rest.ToArray());
                return false;
            case BackendMessage.RowDescription:
                TakeColumns(body);
                return false;
            case BackendMessage.DataRow:
                TakeRow(body);
                return false;
            case BackendMessage.CommandComplete:
                _tag = Encoding.UTF8.GetString(body.TrimEnd((byte)0));
                return false;
            case BackendMessage.PortalSuspended:
                _truncated = true;
                return false;
            case BackendMessage.NoticeResponse when _notices.Count < MaxNotices:
                _notices.Add(Field(body, ErrorFields.Message, MaxNoticeCharacters));
                return false;
            case BackendMessage.ErrorResponse:
                _error ??= new LocalResult.Failed(
                    ErrorFields.SqlState(body), Field(body, ErrorFields.Message), Field(body, ErrorFields.Detail), Field(body, ErrorFields.Hint));
                return false;
            case BackendMessage.CopyData:
                TakeCopy(body);
                return false;
            case BackendMessage.CopyInResponse:
                _error = new LocalResult.Failed("0A000", "COPY FROM STDIN needs a PostgreSQL client that sends data; nothing was copied and the session is ended", "", "");
                throw new PostgresProtocolException("a copy has no data");
            case BackendMessage.ReadyForQuery:
                TransactionStatus = body[0];
                return true;
            default:
                return false;
        }
    }

    private void TakeColumns(ReadOnlySpan<byte> body)
    {
        _columns.Clear();
        var reader = new MessageReader(body);
        for (var count = reader.Int16(); count > 0; count--)
        {
            var name = Encoding.UTF8.GetString(reader.CString());
            reader.Int32();
            reader.Int16();
            var type = (uint)reader.Int32();
            reader.Int16();
            reader.Int32();
            reader.Int16();
            _columns.Add(new LocalColumn(name, typeName(type) ?? type.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }
    }

    private void TakeRow(ReadOnlySpan<byte> body)
    {
        if (!HasRoom(body.Length))
        {
            return;
        }

        var reader = new MessageReader(body);
        var cells = new string?[reader.Int16()];
        for (var i = 0; i < cells.Length; i++)
        {
            var length = reader.Int32();
            cells[i] = length < 0 ? null : Encoding.UTF8.GetString(reader.Bytes(length));
        }

        _rows.Add(cells);
    }

    /// <summary>A copy's lines are rows of one column.</summary>
    private void TakeCopy(ReadOnlySpan<byte> body)
    {
        if (_columns.Count == 0)
        {
            _columns.Add(new LocalColumn("copy", "text"));
        }

        if (HasRoom(body.Length))
        {
            _rows.Add([Encoding.UTF8.GetString(body.TrimEnd((byte)'\n'))]);
        }
    }

    private bool HasRoom(int bytes)
    {
        _truncated |= _rows.Count >= _statement.MaxRows || _bytes + bytes > _statement.MaxBytes;
        _bytes += _truncated ? 0 : bytes;
        return !_truncated;
    }

    private static string Field(ReadOnlySpan<byte> body, byte field, int maxCharacters = int.MaxValue)
    {
        var text = Encoding.UTF8.GetString(ErrorFields.Find(body, field));
        return text.Length <= maxCharacters ? text : text[..maxCharacters];
    }

    /// <summary>Waits for the next whole message.</summary>
    /// <returns>Its length, or 0 for a row that is too long to be kept and was passed over.</returns>
    private async ValueTask<int> NextAsync()
    {
        byte type;
        int total;
        while (!input.TryPeekHeader(out type, out total))
        {
            await FillAsync();
        }

        var isRow = type is BackendMessage.DataRow or BackendMessage.CopyData;
        if (isRow && total > Math.Max(_statement.MaxBytes, CopyBytes))
        {
            _truncated = true;
            await SkipAsync(total);
            return 0;
        }

        if (total > MaxMessageBytes || !await input.FillToAsync(total))
        {
            throw new IOException("The session ended in the middle of a message, or sent one that is too long.");
        }

        return total;
    }

    private async ValueTask SkipAsync(int total)
    {
        while (total > 0)
        {
            var taken = Math.Min(total, input.Length);
            input.Advance(taken);
            total -= taken;
            if (total > 0)
            {
                await FillAsync();
            }
        }
    }

    private async ValueTask FillAsync()
    {
        if (!await input.FillAsync())
        {
            throw new IOException("The session has ended.");
        }
    }
}
