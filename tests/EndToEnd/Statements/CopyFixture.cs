using System.Text;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Statements;

/// <summary>A table of every awkward value, and one tagged column that holds what its mask makes of it.</summary>
public abstract class CopyFixture : StatementFixture
{
    private const int Seed = 20261121;
    private const int Rows = 400;

    private static readonly string[] Pieces =
        ["", "a", "ä", "𝄞", ",", "|", ";", "~", "\t", "\n", "\r", "\r\n", "\b", "\f", "\v", "\u0001", "\u007f", "\\", "\\.", "\\N", "\"", "'", "*", "!", " ", "NIL", "none", "x", "{", "}"];

    private protected override async Task PrepareAsync()
    {
        await base.PrepareAsync();
        await Server.ExecuteAsync(
            $"""
            CREATE TABLE scratch.awkward (id integer, tricky text, raw bytea, list text[], amount numeric, at timestamptz, secret text);
            CREATE VIEW scratch.awkward_view AS SELECT * FROM scratch.awkward;
            CREATE TABLE scratch.awkward_parted (id integer, secret text) PARTITION BY LIST (id);
            CREATE TABLE scratch.awkward_generated (id integer, doubled integer GENERATED ALWAYS AS (id * 2) STORED, secret text);
            INSERT INTO scratch.awkward_generated VALUES (1, DEFAULT, '[NAME]');
            ALTER TABLE scratch.awkward OWNER TO {PostgresServer.GatewayUser};
            GRANT ALL ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            """,
            Database);
        await using var connection = await Server.ConnectAsync(Database);
        await using var insert = new Npgsql.NpgsqlCommand("INSERT INTO scratch.awkward SELECT $1, $2, $3, $4, $5, $6, CASE WHEN $1 % 5 > 0 THEN '[NAME]' END", connection);
        for (var id = 1; id <= Rows; id++)
        {
            insert.Parameters.Clear();
            var tricky = id <= Pieces.Length ? Pieces[id - 1] : string.Concat(Enumerable.Range(0, Next(id, 0) % 6).Select(i => Pieces[Next(id, i + 1) % Pieces.Length]));
            insert.Parameters.Add(new() { Value = id });
            insert.Parameters.Add(new() { Value = id % 7 == 0 ? DBNull.Value : tricky, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            insert.Parameters.Add(new() { Value = Encoding.UTF8.GetBytes(tricky) });
            insert.Parameters.Add(new() { Value = new[] { tricky, null, "," }, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text });
            insert.Parameters.Add(new() { Value = id / 7m });
            insert.Parameters.Add(new() { Value = DateTime.UnixEpoch.AddMilliseconds(id * 1234567L) });
            await insert.ExecuteNonQueryAsync();
        }
    }

    private protected override async Task<GatewaySettings> ChangeAsync(GatewaySettings settings)
    {
        var changed = await base.ChangeAsync(settings);
        return changed with
        {
            Phi = new Dictionary<string, string>
            {
                ["clinic"] = changed.Phi["clinic"] + "\nscratch.awkward.secret: NAME\nscratch.awkward_parted.secret: NAME\nscratch.awkward_generated.secret: NAME",
            },
        };
    }

    /// <summary>A number that only depends on the seed: the same rows in every run.</summary>
    private static int Next(int row, int step) => (int)(BitConverter.ToUInt32(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"{Seed} {row} {step}"))) >> 1);
}
