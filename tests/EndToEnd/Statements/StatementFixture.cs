using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Statements;

/// <summary>One database with the same rows twice, tagged and untagged, reached through the gateway and past it.</summary>
public abstract class StatementFixture : GatewayFixture
{
    private const string DirectUser = "wire_direct";

    private static readonly SemaphoreSlim OneAtATime = new(1);

    /// <summary>Text whose every form of quoting and escaping matters, and the canary every tagged row holds.</summary>
    public const string Canary = "Zyxqvorn";

    private protected override async Task PrepareAsync()
    {
        await Server.ExecuteAsync(
            $"""
            CREATE TABLE scratch.plain (id integer PRIMARY KEY, name text, born date, raw bytea, list text[], note varchar(40));
            INSERT INTO scratch.plain SELECT i, '{Canary} ' || i, date '1970-01-01' + i, decode(lpad(to_hex(i), 4, '0'), 'hex'), ARRAY['{Canary}', NULL, 'a,b"c\'], CASE WHEN i % 3 > 0 THEN '{Canary}' || i END
              FROM generate_series(1, 20) AS i;
            CREATE TABLE scratch.secret (LIKE scratch.plain INCLUDING ALL);
            INSERT INTO scratch.secret SELECT * FROM scratch.plain;
            CREATE TABLE scratch.parent (id integer PRIMARY KEY);
            CREATE TABLE scratch.child (id integer REFERENCES scratch.parent DEFERRABLE INITIALLY DEFERRED);
            CREATE TABLE scratch.writable (id integer PRIMARY KEY, body text);
            CREATE VIEW scratch.secret_view AS SELECT id, name FROM scratch.secret;
            GRANT ALL ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            ALTER TABLE scratch.plain OWNER TO {PostgresServer.GatewayUser};
            ALTER TABLE scratch.secret OWNER TO {PostgresServer.GatewayUser};
            ALTER TABLE scratch.writable OWNER TO {PostgresServer.GatewayUser};
            """,
            Database);
        await OneAtATime.WaitAsync();
        try
        {
            // A role that signs in with a plain password, so that the raw client needs no SCRAM.
            await Server.ExecuteAsync($"DO $$ BEGIN CREATE ROLE {DirectUser} LOGIN PASSWORD 'direct' IN ROLE {PostgresServer.GatewayUser}; EXCEPTION WHEN duplicate_object THEN NULL; END $$", "postgres");
            var access = Path.Combine(Server.DataDirectory, "data", "pg_hba.conf");
            var lines = await File.ReadAllTextAsync(access);
            if (!lines.Contains(DirectUser, StringComparison.Ordinal))
            {
                await File.WriteAllTextAsync(access, $"host all {DirectUser} 127.0.0.1/32 password\n" + lines);
                await Server.ExecuteAsync("SELECT pg_reload_conf()", "postgres");
            }
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
    {
        Rules = "",
        Phi = new Dictionary<string, string>
        {
            ["clinic"] = "scratch.secret.name: NAME\nscratch.secret.born: DATE\nscratch.secret.raw: NAME\nscratch.secret.list: NAME\nscratch.secret.note: NAME",
        },
        Masks = "{NAME: redact, DATE: year, default: redact}",
    });

    internal Task<RawClient> ThroughAsync() => RawClient.SignInAsync(Gateway.PostgresPort, Shared.Issuer.Agent("agent-1"));

    internal async Task<RawClient> DirectAsync()
    {
        var client = await RawClient.ConnectAsync(Server.Port);
        await client.SendAsync(RawClient.Startup(DirectUser, Database));
        await client.SendAsync(RawClient.Password("direct"));
        await client.ReadToReadyAsync();
        return client;
    }
}
