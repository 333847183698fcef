using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Sessions;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class BackendLoopTests
{
    private static byte[] Message(byte type, params byte[] body) =>
        [type, (byte)((body.Length + 4) >> 24), (byte)((body.Length + 4) >> 16), (byte)((body.Length + 4) >> 8), (byte)(body.Length + 4), .. body];

    private static byte[] Notice(string severity, string message) =>
        Message(BackendMessage.NoticeResponse, [.. Encoding.UTF8.GetBytes($"S{severity}\0V{severity}\0C00000\0M{message}\0"), 0]);

    private static byte[] Ready(char status) => Message(BackendMessage.ReadyForQuery, (byte)status);

    private static async Task<(byte[] Client, Exchange Exchange)> RunAsync(byte[] script, int pieceBytes, Action<Exchange> owe)
    {
        var client = new ScriptedWire([], 1);
        var server = new ScriptedWire(script, pieceBytes);
        var exchange = new Exchange(client, server);
        owe(exchange);
        using var metrics = new GatewayMetrics();
        var loop = new BackendLoop(
            exchange, new InputBuffer(server), recorder: null!, metrics, new Revalidation(new TargetCatalog([], []), watch: null, static () => UnmaskedColumns.None), TestChannels.Create(out _), static (_, _) => { }, 1024 * 1024);
        await loop.RunAsync();
        return (client.Sent, exchange);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task The_same_bytes_in_any_pieces_give_the_client_the_same_messages(int pieceBytes)
    {
        byte[] script =
        [
            .. Message(BackendMessage.ParameterStatus, [.. "TimeZone\0UTC\0"u8]),
            .. Message(BackendMessage.ParseComplete), .. Message(BackendMessage.CloseComplete),
            .. Notice("LOG", "rewritten parse tree"), .. Notice("NOTICE", "hello"), .. Notice("DEBUG1", "x"),
            .. Ready('T'), .. Message(BackendMessage.CloseComplete), .. Ready('I'),
        ];
        var (sent, exchange) = await RunAsync(script, pieceBytes, e =>
        {
            e.Replies.Enqueue(new Reply(ReplyKind.Parse, Hidden: true));
            e.Replies.Enqueue(new Reply(ReplyKind.Close));
            e.Replies.Enqueue(new Reply(ReplyKind.Synthetic, "own"u8.ToArray()));
            e.Replies.Enqueue(new Reply(ReplyKind.Sync, Hidden: true));
            e.Replies.Enqueue(new Reply(ReplyKind.Close, Hidden: true));
            e.Replies.Enqueue(new Reply(ReplyKind.Sync));
        });
        Assert.Equal(
            [
                .. Message(BackendMessage.ParameterStatus, [.. "TimeZone\0UTC\0"u8]), .. Message(BackendMessage.CloseComplete), .. "own"u8,
                .. Notice("NOTICE", "hello"), .. Ready('I'),
            ],
            sent);
        Assert.Equal(0, exchange.Replies.Count);
        Assert.Equal((byte)'I', exchange.TransactionStatus);
    }

    [Fact]
    public async Task An_error_skips_what_is_owed_up_to_the_next_sync_and_undoes_it()
    {
        var undone = 0;
        var probe = new Probe();
        byte[] error = Message(BackendMessage.ErrorResponse, [.. "SERROR\0VERROR\0C22012\0Mdivision by zero\0"u8, 0]);
        var (sent, exchange) = await RunAsync([.. error, .. Ready('E')], 3, e =>
        {
            e.Replies.Enqueue(new Reply(ReplyKind.Close));
            e.Replies.Enqueue(new Reply(ReplyKind.Synthetic, "never"u8.ToArray(), Undo: () => undone++));
            e.Replies.Enqueue(new Reply(ReplyKind.Probe, probe));
            e.Replies.Enqueue(new Reply(ReplyKind.Sync));
        });
        Assert.Equal([.. error, .. Ready('E')], sent);
        Assert.Equal(1, undone);
        Assert.Equal(ProbeEnd.Skipped, await probe.End);
        Assert.False(exchange.Skipping);
    }

    [Fact]
    public async Task An_error_while_phi_is_in_use_loses_everything_that_could_hold_a_value()
    {
        byte[] error = Message(
            BackendMessage.ErrorResponse,
            [.. "SERROR\0VERROR\0C23505\0Mduplicate key value\0DKey (ssn)=(900-01-0001)\0HAnn\0WSQL function\0tpatients\0cssn\0npatients_ssn_key\0"u8, 0]);
        var (sent, exchange) = await RunAsync(error, 4096, e =>
        {
            e.TransactionTouchedPhi = true;
            e.Replies.Enqueue(new Reply(ReplyKind.Close));
        });
        var text = Encoding.UTF8.GetString(sent);
        Assert.Contains("23000", text, StringComparison.Ordinal);
        Assert.All(["23505", "900-01", "Ann", "ssn", "duplicate", "function"], word => Assert.DoesNotContain(word, text, StringComparison.Ordinal));
        Assert.True(exchange.Skipping);
    }

    [Fact]
    public async Task A_report_of_a_setting_nobody_set_is_kept_back()
    {
        var (sent, _) = await RunAsync([.. Message(BackendMessage.ParameterStatus, [.. "application_name\0Ann Smith\0"u8]), .. Ready('I')], 4096, e => e.Replies.Enqueue(new Reply(ReplyKind.Sync)));
        Assert.Equal(Ready('I'), sent);
    }

    [Theory]
    [InlineData(BackendMessage.CopyBothResponse)]
    [InlineData(BackendMessage.DataRow)]
    [InlineData((byte)'V')]
    [InlineData((byte)'?')]
    public async Task A_message_nobody_asked_for_ends_the_session(byte type) =>
        await Assert.ThrowsAsync<PostgresProtocolException>(() => RunAsync(Message(type, 0, 0), 4096, e => e.Replies.Enqueue(new Reply(ReplyKind.Close))));

    [Fact]
    public async Task A_lying_length_ends_the_session()
    {
        await Assert.ThrowsAsync<PostgresProtocolException>(() => RunAsync([(byte)'Z', 0, 0, 0, 3], 4096, e => e.Replies.Enqueue(new Reply(ReplyKind.Sync))));
        await Assert.ThrowsAsync<PostgresProtocolException>(
            () => RunAsync([(byte)'T', 0x7f, 0, 0, 0], 4096, e => e.Replies.Enqueue(new Reply(ReplyKind.Describe))));
    }

    [Fact]
    public async Task A_stream_cut_inside_a_message_sends_nothing_of_it()
    {
        var notice = Notice("NOTICE", "hello");
        for (var length = 0; length < notice.Length; length++)
        {
            var (sent, _) = await RunAsync(notice[..length], 4096, _ => { });
            Assert.Empty(sent);
        }
    }

    [Fact]
    public async Task Mutated_streams_end_in_order_or_with_the_protocols_own_exception()
    {
        byte[] script = [.. Message(BackendMessage.ParseComplete), .. Notice("NOTICE", "a"), .. Message(BackendMessage.CloseComplete), .. Ready('I')];
        var random = new SeededBytes(99);
        for (var i = 0; i < 5_000; i++)
        {
            try
            {
                await RunAsync(random.Mutate(script), 1 + random.Next(9), e =>
                {
                    e.Replies.Enqueue(new Reply(ReplyKind.Parse, Hidden: true));
                    e.Replies.Enqueue(new Reply(ReplyKind.Close));
                    e.Replies.Enqueue(new Reply(ReplyKind.Sync));
                });
            }
            catch (PostgresProtocolException)
            {
                // The allowed answer to garbage.
            }
        }
    }
}
