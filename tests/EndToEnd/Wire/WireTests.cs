using System.Net.Security;
using System.Security.Cryptography;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Wire;

/// <summary>The protocol on the wire: any cut of the same bytes means the same, and every way in is answered.</summary>
public sealed class WireTests(WireTests.Fixture fixture) : IClassFixture<WireTests.Fixture>
{
    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);
    [Fact]
    public async Task The_same_session_split_at_every_byte_gives_the_same_answers()
    {
        byte[] round =
        [
            .. RawClient.Query("SELECT 1; SELECT 'two', NULL"),
            .. RawClient.Parse("s", "SELECT mrn, patient_id FROM clinic.patients WHERE patient_id = $1"),
            .. RawClient.Describe('S', "s"),
            .. RawClient.Bind("p", "s", binaryResults: true, "7"),
            .. RawClient.Describe('P', "p"),
            .. RawClient.Execute("p", 1),
            .. RawClient.Close('P', "p"),
            .. RawClient.Close('S', "s"),
            .. RawClient.Parse("", "SELECT 1/0"),
            .. RawClient.Bind("", "", binaryResults: false),
            .. RawClient.Execute(""),
            .. RawClient.Parse("", "SELECT 'skipped'"),
            .. RawClient.Sync,
        ];
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        await client.SendAsync(round);
        var expected = await ReadRoundAsync(client);
        Assert.Contains(expected, m => m.Type == 'E' && m.Field('C') == "22012");

        for (var at = 1; at < round.Length; at++)
        {
            await client.SendAsync(round[..at]);
            await Task.Delay(1);
            await client.SendAsync(round[at..]);
            Assert.Equal(expected, await ReadRoundAsync(client));
        }
    }

    [Fact]
    public async Task A_session_sent_byte_by_byte_works()
    {
        using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        byte[] all = [.. RawClient.Startup("agent-1", "clinic"), .. RawClient.Password(_token), .. RawClient.Query("SELECT 7")];
        foreach (var one in all)
        {
            await client.SendAsync(one);
        }

        await client.ReadToReadyAsync();
        Assert.Contains(await client.ReadToReadyAsync(), m => m.Type == 'D' && m.Columns()[0] is [(byte)'7']);
    }

    [Fact]
    public async Task A_start_up_split_at_every_byte_works()
    {
        var startup = RawClient.Startup("agent-1", "clinic", ("application_name", "e2e"));
        for (var at = 1; at < startup.Length; at++)
        {
            using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
            await client.SendAsync(startup[..at]);
            await Task.Delay(1);
            await client.SendAsync(startup[at..]);
            Assert.Equal('R', (await client.ReadAsync())!.Type);
        }
    }

    [Fact]
    public async Task A_stream_cut_at_any_byte_hurts_nobody_else()
    {
        byte[] all =
        [
            .. RawClient.Startup("agent-1", "clinic"), .. RawClient.Password(_token), .. RawClient.Query("SELECT 1"),
            .. RawClient.Parse("", "SELECT $1::int4"), .. RawClient.Bind("", "", binaryResults: false, "1"), .. RawClient.Execute(""), .. RawClient.Sync,
        ];
        using var other = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        for (var at = 0; at < all.Length; at += at is > 60 and < 500 ? 37 : 1)
        {
            using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
            await client.SendAsync(all[..at]);
            if (at % 2 == 0)
            {
                client.Reset();
            }
        }

        Assert.Contains(await other.RoundTripAsync(RawClient.Query("SELECT 2")), m => m.Type == 'D');
        Assert.False(fixture.Gateway.HasExited);
    }

    [Fact]
    public async Task Random_messages_get_an_error_or_an_end_and_hurt_nobody_else()
    {
        const int Rounds = 200;
        using var other = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        for (var round = 0; round < Rounds; round++)
        {
            using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
            byte[] good = [.. RawClient.Parse("", "SELECT $1::text"), .. RawClient.Bind("", "", binaryResults: true, "x"), .. RawClient.Describe('P', ""), .. RawClient.Execute("", 5), .. RawClient.Sync];
            for (var i = 0; i < 3; i++)
            {
                good[RandomNumberGenerator.GetInt32(good.Length)] = (byte)RandomNumberGenerator.GetInt32(256);
            }

            await client.SendAsync(good);
            await client.SendAsync(RawClient.Terminate);
            client.Reset();
        }

        Assert.Contains(await other.RoundTripAsync(RawClient.Query("SELECT 2")), m => m.Type == 'D');
        Assert.False(fixture.Gateway.HasExited);
        Assert.DoesNotContain("Unhandled", fixture.Gateway.Log);
    }

    [Fact]
    public async Task Requests_for_encryption_are_answered_one_after_the_other()
    {
        using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        await client.SendAsync(RawClient.GssEncRequest);
        Assert.Equal('N', await client.ReadByteAsync());
        await client.SendAsync(RawClient.SslRequest);
        Assert.Equal('S', await client.ReadByteAsync());
        await client.LayerAsync(TlsAsync(alpn: null));
        await client.SendAsync(RawClient.Startup("agent-1", "clinic"));
        Assert.Equal('R', (await client.ReadAsync())!.Type);
        await client.SendAsync(RawClient.Password(_token));
        await client.ReadToReadyAsync();
    }

    [Fact]
    public async Task Direct_tls_needs_the_protocols_name()
    {
        using (var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort))
        {
            await client.LayerAsync(TlsAsync("postgresql"));
            await client.SendAsync(RawClient.Startup("agent-1", "clinic"));
            Assert.Equal('R', (await client.ReadAsync())!.Type);
        }

        using var nameless = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await nameless.LayerAsync(TlsAsync(alpn: null));
            await nameless.SendAsync(RawClient.Startup("agent-1", "clinic"));
            Assert.NotNull(await nameless.ReadAsync());
        });
    }

    [Fact]
    public async Task Bytes_sent_in_clear_behind_the_request_for_tls_are_refused()
    {
        using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        await client.SendAsync([.. RawClient.SslRequest, .. RawClient.Startup("agent-1", "clinic")]);
        var answer = await client.ReadByteAsync();
        Assert.Contains(answer, (char[])['E', 'S', '\0']);
        if (answer == 'S')
        {
            await Assert.ThrowsAnyAsync<Exception>(() => client.LayerAsync(TlsAsync(alpn: null)));
        }
    }

    [Fact]
    public async Task A_newer_minor_version_and_unknown_protocol_options_are_negotiated_down()
    {
        using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        await client.SendAsync(RawClient.Startup((3 << 16) | 2, "agent-1", "clinic", ("_pq_.unknown", "1")));
        var negotiate = await client.ReadAsync();
        Assert.Equal('v', negotiate!.Type);
        Assert.Contains("_pq_.unknown", negotiate.Text);
        Assert.Equal('R', (await client.ReadAsync())!.Type);
        await client.SendAsync(RawClient.Password(_token));
        await client.ReadToReadyAsync();
    }

    [Theory]
    [InlineData(2 << 16, "version 3")]
    [InlineData(4 << 16, "version 3")]
    public async Task Another_major_version_is_refused(int version, string sentence)
    {
        using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        await client.SendAsync(RawClient.Startup(version, "agent-1", "clinic"));
        var refused = Assert.Single(await client.ReadToEndAsync());
        Assert.Equal('E', refused.Type);
        Assert.Contains(sentence, refused.Field('M'));
    }

    [Fact]
    public async Task Replication_and_function_calls_are_refused()
    {
        using (var replication = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort))
        {
            await replication.SendAsync(RawClient.Startup("agent-1", "clinic", ("replication", "database")));
            Assert.Equal('R', (await replication.ReadAsync())!.Type);
            await replication.SendAsync(RawClient.Password(_token));
            Assert.Contains("replication", Assert.Single(await replication.ReadToEndAsync()).Field('M'));
        }

        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var answers = await client.RoundTripAsync(RawClient.Message('F', [0, 0, 4, 0xd2, 0, 0, 0, 0, 0, 0]));
        Assert.Contains(answers, m => m.Type == 'E');
    }

    [Fact]
    public async Task An_unknown_message_ends_the_session_with_a_sentence()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        await client.SendAsync(RawClient.Message('y', [1, 2, 3]));
        Assert.Contains(await client.ReadToEndAsync(), m => m.Type == 'E' && m.Field('S') == "FATAL");
    }

    [Fact]
    public async Task A_named_statement_prepared_before_stays_masked_and_a_portal_can_be_read_in_parts()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        await client.RoundTripAsync(RawClient.Parse("named", "SELECT first_name FROM clinic.patients ORDER BY patient_id LIMIT 10"), RawClient.Sync);
        for (var round = 0; round < 5; round++)
        {
            var answers = await client.RoundTripAsync(
                RawClient.Query("BEGIN"), RawClient.Bind("p", "named", binaryResults: round % 2 == 1), RawClient.Execute("p", 4), RawClient.Flush, RawClient.Execute("p", 4), RawClient.Execute("p", 4), RawClient.Sync);
            answers.AddRange(await client.ReadToReadyAsync());
            Assert.Equal(10, answers.Count(m => m.Type == 'D'));
            Assert.Equal(2, answers.Count(m => m.Type == 's'));
            Assert.All(answers.Where(m => m.Type == 'D'), m => Assert.Equal("[NAME]", System.Text.Encoding.UTF8.GetString(m.Columns()[0]!)));
            await client.RoundTripAsync(RawClient.Query("COMMIT"));
        }
    }

    private static Func<Stream, Task<Stream>> TlsAsync(string? alpn) => async stream =>
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = TestCertificates.Instance.Trust(),
            ApplicationProtocols = alpn is null ? null : [new SslApplicationProtocol(alpn)],
        });
        return tls;
    };

    // The round has a simple query and an extended one: two ReadyForQuery.
    private static async Task<List<RawMessage>> ReadRoundAsync(RawClient client) => [.. await client.ReadToReadyAsync(), .. await client.ReadToReadyAsync()];

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) =>
            Task.FromResult(settings with { Tls = true, More = "insecureLoopback: true", Rules = "" });
    }
}
