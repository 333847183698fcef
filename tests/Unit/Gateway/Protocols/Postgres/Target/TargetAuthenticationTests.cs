using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Target;

/// <summary>SCRAM against a server played here, honest and not; MD5; the password itself.</summary>
public sealed class TargetAuthenticationTests
{
    private const string Password = "pencil";
    private static readonly byte[] Salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");

    private static readonly PostgresTargetOptions Options = new()
    {
        Name = "clinic",
        Host = "h",
        Database = "d",
        User = "gateway",
        Password = CredentialSource.FromValue(Password),
        MaxScramIterations = 10_000,
    };

    [Fact]
    public async Task The_example_of_RFC_7677_gives_its_proof_and_takes_its_signature()
    {
        // The RFC's user name is part of its first message; PostgreSQL's is empty there. So the proof is checked by a server below,
        // and here the key derivation that the example fixes.
        var keys = await new ScramKeyCache().GetAsync("user", Password, Salt, 4096);
        var message = Encoding.ASCII.GetBytes(
            "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        Assert.Equal("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Convert.ToBase64String(HMACSHA256.HashData(keys.ServerKey, message)));
        var proof = HMACSHA256.HashData(keys.StoredKey, message).Zip(keys.ClientKey, (a, b) => (byte)(a ^ b)).ToArray();
        Assert.Equal("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", Convert.ToBase64String(proof));
    }

    [Theory]
    [InlineData(false, false, "SCRAM-SHA-256", "n,,")]
    [InlineData(false, true, "SCRAM-SHA-256", "y,,")]
    [InlineData(true, true, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,")]
    [InlineData(true, false, "SCRAM-SHA-256", "n,,")]
    public async Task An_honest_server_and_the_client_believe_each_other(bool offersPlus, bool hasBinding, string mechanism, string header)
    {
        byte[]? binding = hasBinding ? RandomNumberGenerator.GetBytes(32) : null;
        var (authentication, server) = await BeginAsync(offersPlus, binding);
        Assert.Equal(mechanism, server.Mechanism);
        Assert.StartsWith(header, server.ClientFirst);

        var final = (await authentication.AnswerAsync(Step(11, server.First())))!;
        server.Verify(Encoding.ASCII.GetString(final.AsSpan(5)), binding ?? []);
        Assert.Null(await authentication.AnswerAsync(Step(12, server.Final())));
        Assert.False(authentication.IsComplete);
        Assert.Null(await authentication.AnswerAsync(Step(0, "")));
        Assert.True(authentication.IsComplete);
    }

    [Fact]
    public async Task A_server_that_cannot_sign_is_not_believed()
    {
        foreach (var lie in new[] { "v=" + Convert.ToBase64String(new byte[32]), "v=", "v=AAAA", "v=!", "x=1", "", "e=other-error" })
        {
            var (authentication, server) = await BeginAsync();
            await authentication.AnswerAsync(Step(11, server.First()));
            Assert.Equal(TargetFailure.Authentication, (await RefusedAsync(authentication, Step(12, lie))).Failure);
        }
    }

    [Fact]
    public async Task A_server_that_skips_its_signature_is_not_believed()
    {
        var (early, _) = await BeginAsync();
        Assert.Contains("did not prove", (await RefusedAsync(early, Step(0, ""))).Message);

        var (late, server) = await BeginAsync();
        await late.AnswerAsync(Step(11, server.First()));
        Assert.Contains("did not prove", (await RefusedAsync(late, Step(0, ""))).Message);
        Assert.False(late.IsComplete);
    }

    [Theory]
    [InlineData("r={0},s=W22Z,i=4096", "nonce")] // not extended
    [InlineData("r=other{0}more,s=W22Z,i=4096", "nonce")]
    [InlineData("r={0}more,s=W22Z,i=0", "iteration")]
    [InlineData("r={0}more,s=W22Z,i=-1", "iteration")]
    [InlineData("r={0}more,s=W22Z,i=10001", "iteration")]
    [InlineData("r={0}more,s=W22Z,i=99999999999", "iteration")]
    [InlineData("r={0}more,s=W22Z,i=x", "iteration")]
    [InlineData("r={0}more,s=,i=1", "salt")]
    [InlineData("r={0}more,s=!,i=1", "salt")]
    [InlineData("r={0}more,s=W22Z", "malformed")]
    [InlineData("m=must,r={0}more,s=W22Z,i=1", "malformed")]
    [InlineData("", "malformed")]
    [InlineData("r={0}more\u0001,s=W22Z,i=1", "malformed")]
    public async Task A_first_message_that_is_wrong_is_refused(string text, string why)
    {
        var (authentication, server) = await BeginAsync();
        Assert.Contains(why, (await RefusedAsync(authentication, Step(11, string.Format(text, server.ClientNonce)))).Message);
    }

    [Fact]
    public async Task Steps_out_of_order_break_the_protocol()
    {
        await BreaksAsync(Create(), Step(11, "r=x"));
        await BreaksAsync(Create(), Step(12, "v=x"));
        var (repeated, server) = await BeginAsync();
        await BreaksAsync(repeated, Sasl("SCRAM-SHA-256"));
        await BreaksAsync(repeated, Step(5, "salt"));
        await repeated.AnswerAsync(Step(11, server.First()));
        Assert.Contains("repeated", (await RefusedAsync(repeated, Step(11, server.First()))).Message);
        await BreaksAsync(Create(), Step(5, "lengthy salt"));
        await BreaksAsync(Create(), Sasl([.. Enumerable.Repeat("X", 17)]));
    }

    [Fact]
    public async Task An_unknown_mechanism_alone_is_refused() =>
        Assert.Contains("mechanism", (await RefusedAsync(Create(), Sasl("OAUTHBEARER"))).Message);

    [Fact]
    public async Task MD5_answers_as_libpq_does()
    {
        // md5(md5("secret" || "bob") || 0x01020304), computed with md5sum.
        var options = Options with { User = "bob" };
        var authentication = new TargetAuthentication(options, "secret", tls: null, new ScramKeyCache());
        var answer = (await authentication.AnswerAsync(Step(5, "\u0001\u0002\u0003\u0004")))!;
        Assert.Equal("md5f21dfe33ff3a9e03dbc3e008251fe5cc\0", Encoding.ASCII.GetString(answer.AsSpan(5)));
    }

    [Fact]
    public async Task The_password_itself_is_sent_inside_TLS_only()
    {
        var inside = new TargetAuthentication(Options, Password, new TlsFacts("TLSv1.3", "x", null, null), new ScramKeyCache());
        Assert.Equal("p\0\0\0\u000bpencil\0", Encoding.ASCII.GetString((await inside.AnswerAsync(Step(3, "")))!));
        Assert.Contains("unencrypted", (await RefusedAsync(Create(), Step(3, ""))).Message);
    }

    [Fact]
    public async Task Derived_keys_are_kept_per_user_password_salt_and_rounds()
    {
        var cache = new ScramKeyCache();
        var first = await cache.GetAsync("u", Password, Salt, 4096);
        Assert.Same(first, await cache.GetAsync("u", Password, [.. Salt], 4096));
        Assert.NotSame(first, await cache.GetAsync("v", Password, Salt, 4096));
        Assert.NotEqual(first.ClientKey, (await cache.GetAsync("u", "other", Salt, 4096)).ClientKey);
        Assert.NotEqual(first.ClientKey, (await cache.GetAsync("u", Password, [1], 4096)).ClientKey);
        Assert.NotEqual(first.ClientKey, (await cache.GetAsync("u", Password, Salt, 4097)).ClientKey);
        for (var i = 0; i < 40; i++)
        {
            await cache.GetAsync("many", Password, [(byte)i], 1);
        }

        Assert.Equal(first.ClientKey, (await cache.GetAsync("u", Password, Salt, 4096)).ClientKey);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u00a0b\u3000c\u00e9", "a b c\u00e9")]
    [InlineData("a\u00adb\ufeffc\u00e9", "abc\u00e9")]
    [InlineData("\u00ad", "\u00ad")]
    public void Passwords_are_prepared(string password, string prepared) => Assert.Equal(prepared, SaslPrep.Prepare(password));

    private static TargetAuthentication Create(byte[]? binding = null) =>
        new(Options, Password, binding is null ? null : new TlsFacts("TLSv1.3", "x", null, binding), new ScramKeyCache());

    private static byte[] Step(int code, string text) => [.. FakePostgres.Int32(code), .. Encoding.Latin1.GetBytes(text)];

    private static byte[] Sasl(params string[] mechanisms) => FakePostgres.Sasl(mechanisms)[5..];

    private static async Task<TargetUnavailableException> RefusedAsync(TargetAuthentication authentication, byte[] body) =>
        await Assert.ThrowsAsync<TargetUnavailableException>(async () => await authentication.AnswerAsync(body));

    private static async Task BreaksAsync(TargetAuthentication authentication, byte[] body) =>
        await Assert.ThrowsAsync<PostgresProtocolException>(async () => await authentication.AnswerAsync(body));

    private static async Task<(TargetAuthentication Authentication, HonestServer Server)> BeginAsync(bool offersPlus = false, byte[]? binding = null)
    {
        var authentication = Create(binding);
        string[] offered = offersPlus ? ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] : ["SCRAM-SHA-256"];
        return (authentication, new HonestServer((await authentication.AnswerAsync(Sasl(offered)))!));
    }

    /// <summary>The server's half of SCRAM, written from RFC 5802 and not from the client.</summary>
    private sealed class HonestServer
    {
        private const int Iterations = 4096;
        private readonly string _nonce;
        private readonly byte[] _salted = Rfc2898DeriveBytes.Pbkdf2(Password, Salt, Iterations, HashAlgorithmName.SHA256, 32);
        private byte[] _authMessage = [];

        public HonestServer(byte[] message)
        {
            Assert.Equal((byte)'p', message[0]);
            var end = Array.IndexOf(message, (byte)0, 5);
            Mechanism = Encoding.ASCII.GetString(message, 5, end - 5);
            ClientFirst = Encoding.ASCII.GetString(message.AsSpan(end + 5));
            ClientNonce = ClientFirst[(ClientFirst.IndexOf("r=", StringComparison.Ordinal) + 2)..];
            _nonce = ClientNonce + "3rfcNHYJY1ZVvWVs7j";
        }

        public string Mechanism { get; }

        public string ClientFirst { get; }

        public string ClientNonce { get; }

        private string Header => ClientFirst[..(ClientFirst.IndexOf(",,", StringComparison.Ordinal) + 2)];

        public string First() => $"r={_nonce},s={Convert.ToBase64String(Salt)},i={Iterations}";

        public void Verify(string clientFinal, byte[] binding)
        {
            var channel = Convert.ToBase64String([.. Encoding.ASCII.GetBytes(Header), .. Mechanism.EndsWith("PLUS", StringComparison.Ordinal) ? binding : []]);
            var proofAt = clientFinal.IndexOf(",p=", StringComparison.Ordinal);
            Assert.Equal($"c={channel},r={_nonce}", clientFinal[..proofAt]);
            _authMessage = Encoding.ASCII.GetBytes($"{ClientFirst[Header.Length..]},{First()},{clientFinal[..proofAt]}");
            var clientKey = HMACSHA256.HashData(_salted, "Client Key"u8);
            var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), _authMessage);
            Assert.Equal(clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray(), Convert.FromBase64String(clientFinal[(proofAt + 3)..]));
        }

        public string Final() => "v=" + Convert.ToBase64String(HMACSHA256.HashData(HMACSHA256.HashData(_salted, "Server Key"u8), _authMessage));
    }
}
