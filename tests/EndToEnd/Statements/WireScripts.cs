using static Sallyport.EndToEnd.Support.RawClient;

namespace Sallyport.EndToEnd.Statements;

/// <summary>What a client may send, as rounds of messages that each end with one ReadyForQuery. TABLE stands for the table that is read.</summary>
internal static class WireScripts
{
    /// <summary>Name and rounds.</summary>
    public static IReadOnlyDictionary<string, Func<string, byte[][]>> All { get; } = new Dictionary<string, Func<string, byte[][]>>(StringComparer.Ordinal)
    {
        ["cursor"] = table => Queries(
            "BEGIN", $"DECLARE c SCROLL CURSOR FOR SELECT id, name, note FROM {table} ORDER BY id", "FETCH 2 FROM c", "MOVE FORWARD 3 IN c", "FETCH PRIOR c", "FETCH ABSOLUTE 7 FROM c",
            "FETCH c", "MOVE LAST c", "FETCH RELATIVE -2 FROM c", "CLOSE c", "COMMIT"),
        ["cursor in binary"] = table => Queries(
            "BEGIN", $"DECLARE c BINARY CURSOR FOR SELECT id, name, born, raw, list FROM {table} ORDER BY id", "FETCH 3 FROM c", "COMMIT"),
        ["cursor with hold"] = table => Queries(
            "BEGIN", $"DECLARE h CURSOR WITH HOLD FOR SELECT name FROM {table} ORDER BY id", "DECLARE gone CURSOR FOR SELECT 1", "FETCH h", "COMMIT", "FETCH h", "BEGIN", "FETCH h", "ROLLBACK", "FETCH h", "CLOSE h"),
        ["cursor redeclared"] = table => Queries(
            "BEGIN", "DECLARE c CURSOR FOR SELECT 'x'::text", "FETCH c", "CLOSE c", $"DECLARE c CURSOR FOR SELECT name FROM {table} ORDER BY id", "FETCH 2 FROM c", "COMMIT"),
        ["cursors and savepoints"] = table => Queries(
            "BEGIN", $"DECLARE before CURSOR FOR SELECT name FROM {table} ORDER BY id", "SAVEPOINT s", $"DECLARE inside CURSOR FOR SELECT note FROM {table} ORDER BY id", "FETCH before", "FETCH inside", "SAVEPOINT t",
            "RELEASE t", "FETCH inside", "ROLLBACK TO s", "FETCH before", "ROLLBACK"),
        ["cursor released"] = table => Queries(
            "BEGIN", "SAVEPOINT a", "SAVEPOINT b", $"DECLARE kept CURSOR FOR SELECT name FROM {table} ORDER BY id", "RELEASE b", "FETCH kept", "RELEASE a", "FETCH 2 FROM kept", "COMMIT AND CHAIN", "SELECT 1", "ROLLBACK"),
        ["cursor as a portal"] = table =>
        [
            .. Queries("BEGIN", $"DECLARE pc CURSOR FOR SELECT id, name, born FROM {table} ORDER BY id"),
            [.. Describe('P', "pc"), .. Execute("pc", 2), .. Execute("pc", 3), .. Sync],
            [.. Execute("pc"), .. Close('P', "pc"), .. Sync],
            [.. Execute("pc"), .. Sync],
            Query("ROLLBACK"),
        ],
        ["fetch in the extended protocol"] = table =>
        [
            .. Queries("BEGIN", $"DECLARE c CURSOR FOR SELECT id, name, raw FROM {table} ORDER BY id"),
            [.. Parse("f", "FETCH 2 FROM c"), .. Describe('S', "f"), .. Bind("", "f", true), .. Execute(""), .. Sync],
            [.. Bind("", "f", false), .. Describe('P', ""), .. Execute(""), .. Sync],
            [.. Bind("x", "f", false), .. Execute("x", 1), .. Execute("x", 1), .. Sync],
            Query("COMMIT"),
        ],
        ["prepare"] = table => Queries(
            $"PREPARE q (integer, text) AS SELECT id, name, $2 FROM {table} WHERE id = $1", "EXECUTE q (1, 'it''s')", "EXECUTE q (2, NULL)", "BEGIN", "EXECUTE q (3, 'x')", "ROLLBACK", "DEALLOCATE q"),
        ["prepare twice"] = table => Queries($"PREPARE q AS SELECT name FROM {table} ORDER BY id LIMIT 1", "EXECUTE q", "DEALLOCATE ALL", "PREPARE q AS SELECT 2", "EXECUTE q"),
        ["prepared by SQL, bound by message"] = table =>
        [
            Query($"PREPARE q (integer) AS SELECT name, born FROM {table} WHERE id = $1"),
            [.. Describe('S', "q"), .. Bind("", "q", false, "5"), .. Describe('P', ""), .. Execute(""), .. Sync],
            [.. Bind("", "q", true, "6"), .. Execute(""), .. Sync],
            [.. Parse("q", "SELECT 1"), .. Sync],
            [.. Close('S', "q"), .. Sync],
            [.. Bind("", "q", false, "5"), .. Sync],
        ],
        ["portals interleaved and suspended"] = table =>
        [
            Query("BEGIN"),
            [
                .. Parse("a", $"SELECT id, name FROM {table} ORDER BY id"), .. Parse("b", $"SELECT note FROM {table} ORDER BY id DESC"),
                .. Bind("pa", "a", false), .. Bind("pb", "b", true), .. Execute("pa", 2), .. Execute("pb", 3), .. Execute("pa", 1), .. Describe('P', "pb"), .. Execute("pb", 1), .. Sync,
            ],
            [.. Execute("pa", 2), .. Sync],
            [.. Execute("pb"), .. Execute("pa"), .. Close('P', "pa"), .. Execute("pb"), .. Sync],
            Query("COMMIT"),
            [.. Execute("pa"), .. Sync],
        ],
        ["executed without a description"] = table =>
        [
            [.. Parse("", $"SELECT name FROM {table} ORDER BY id LIMIT 3"), .. Bind("", "", true), .. Execute(""), .. Sync],
            [.. Parse("n", $"SELECT list, raw FROM {table} ORDER BY id LIMIT 2"), .. Sync],
            [.. Bind("", "n", false), .. Execute("", 1), .. Execute(""), .. Sync],
        ],
        ["pipelines with errors"] = table =>
        [
            [.. Parse("", "SELECT 1/0"), .. Bind("", "", false), .. Execute(""), .. Parse("", $"SELECT name FROM {table}"), .. Bind("", "", false), .. Execute(""), .. Sync],
            [.. Parse("lost", $"SELECT nothing FROM {table}"), .. Bind("", "lost", false), .. Sync],
            [.. Bind("", "lost", false), .. Describe('P', ""), .. Sync],
            [.. Parse("kept", $"SELECT name FROM {table} WHERE id = 1"), .. Parse("", "SELEC 1"), .. Bind("", "kept", false), .. Execute(""), .. Sync],
            [.. Bind("", "kept", false), .. Execute(""), .. Execute("nothing"), .. Sync],
            [.. Describe('S', "nothing"), .. Sync],
            [.. Close('S', "nothing"), .. Close('P', "nothing"), .. Flush, .. Sync],
        ],
        ["vacuum and index in the extended protocol"] = table =>
        [
            [.. Parse("v", "VACUUM scratch.writable"), .. Sync],
            [.. Bind("", "v", false), .. Execute(""), .. Sync],
            [.. Bind("", "v", false), .. Describe('P', ""), .. Execute(""), .. Sync],
            [.. Parse("", "INSERT INTO scratch.writable VALUES (900, 'x')"), .. Bind("", "", false), .. Execute(""), .. Parse("", "VACUUM scratch.writable"), .. Bind("", "", false), .. Execute(""), .. Sync],
            Query("SELECT count(*) FROM scratch.writable WHERE id = 900"),
            [.. Parse("", $"CREATE INDEX CONCURRENTLY wire_extended ON {table} (id)"), .. Bind("", "", false), .. Execute(""), .. Sync],
            Query("DROP INDEX scratch.wire_extended"),
        ],
        ["explain"] = table => Queries(
            $"EXPLAIN (COSTS off) SELECT name FROM {table} WHERE id = 1", $"EXPLAIN (COSTS off, VERBOSE, FORMAT json) SELECT id FROM {table} WHERE id < 5", $"EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off) SELECT id FROM {table} WHERE id < 5",
            $"EXPLAIN (COSTS off, SETTINGS) UPDATE {table} SET id = id WHERE id = 3", $"EXPLAIN SELECT nothing FROM {table}"),
    };

    /// <summary>Strings of several statements, whose transaction is the server's implicit one. They read and write untagged tables.</summary>
    public static IReadOnlyDictionary<string, byte[][]> Strings { get; } = new Dictionary<string, byte[][]>(StringComparer.Ordinal)
    {
        ["several results"] = Queries("SELECT 1; SELECT 'two' AS b, NULL; SELECT 3 WHERE false;", ";;SELECT 1;;SELECT 2; ;", "/* a */ SELECT 1; -- b\nSELECT 2"),
        ["an error in the middle"] = Queries("INSERT INTO scratch.writable VALUES (100, 'a'); SELECT 1/0; SELECT 2", "SELECT count(*) FROM scratch.writable WHERE id = 100"),
        ["a syntax error at the end"] = Queries("INSERT INTO scratch.writable VALUES (101, 'a'); COMMIT; SELEC 1", "SELECT count(*) FROM scratch.writable WHERE id = 101", "SELECT 'ä'; SELECT 1 FROM 'x'"),
        ["an unknown column at the end"] = Queries("SELECT 'ä'; SELECT nothing FROM scratch.plain; SELECT 1", "  \n SELECT nothing FROM scratch.plain", "SELECT 1; CREATE TABLE scratch.never (a no_such_type)"),
        ["begin inside"] = Queries(
            "INSERT INTO scratch.writable VALUES (102, 'a'); BEGIN; INSERT INTO scratch.writable VALUES (103, 'b')", "ROLLBACK", "SELECT count(*) FROM scratch.writable WHERE id IN (102, 103)",
            "BEGIN; INSERT INTO scratch.writable VALUES (104, 'c')", "COMMIT; SELECT count(*) FROM scratch.writable WHERE id = 104; DELETE FROM scratch.writable WHERE id = 104"),
        ["begin twice"] = Queries("SELECT 1; BEGIN; BEGIN; SELECT 2", "ROLLBACK", "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; SHOW transaction_isolation; COMMIT; SHOW transaction_isolation", "SELECT 1 FROM scratch.plain LIMIT 1; BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 2"),
        ["commit inside"] = Queries("INSERT INTO scratch.writable VALUES (105, 'a'); COMMIT; SELECT 1/0", "SELECT count(*) FROM scratch.writable WHERE id = 105; DELETE FROM scratch.writable WHERE id = 105"),
        ["rollback inside"] = Queries("INSERT INTO scratch.writable VALUES (106, 'a'); ROLLBACK; SELECT count(*) FROM scratch.writable WHERE id = 106", "COMMIT; COMMIT; SELECT 1"),
        ["a failed block ends inside"] = Queries("BEGIN; SELECT 1/0; COMMIT", "ROLLBACK; SELECT 1", "BEGIN", "SELECT 1/0", "COMMIT; SELECT 1; SELECT 2"),
        ["chains"] = Queries("SELECT 1; COMMIT AND CHAIN; SELECT 2", "SELECT 1; ROLLBACK AND CHAIN", "BEGIN; COMMIT AND CHAIN; SELECT 1", "ROLLBACK AND CHAIN; SELECT 2", "ROLLBACK"),
        ["savepoints inside"] = Queries("SELECT 1; SAVEPOINT s; SELECT 2", "SELECT 1; RELEASE s", "SELECT 1; ROLLBACK TO s", "BEGIN; SAVEPOINT s; SELECT 1; ROLLBACK TO s; RELEASE s; COMMIT", "SAVEPOINT s", "BEGIN; ROLLBACK TO nothing; COMMIT", "ROLLBACK"),
        ["what needs a block"] = Queries(
            "SET LOCAL extra_float_digits = 0; SHOW extra_float_digits", "SHOW extra_float_digits; SELECT 1", "DECLARE c CURSOR FOR SELECT id FROM scratch.plain ORDER BY id; FETCH 2 FROM c; CLOSE c",
            "LOCK scratch.writable IN SHARE MODE; SELECT 1", "DECLARE c CURSOR FOR SELECT 1", "SET TRANSACTION READ ONLY; SELECT 1; INSERT INTO scratch.writable VALUES (107, 'x')"),
        ["what must not have one"] = Queries(
            "VACUUM scratch.writable; SELECT 1", "SELECT 1; VACUUM scratch.writable", "BEGIN; VACUUM scratch.writable", "ROLLBACK", "VACUUM scratch.writable", "VACUUM (ANALYZE) scratch.writable", "ANALYZE scratch.writable; SELECT 1",
            "CREATE INDEX CONCURRENTLY wire_index ON scratch.writable (body)", "DROP INDEX CONCURRENTLY scratch.wire_index", "CREATE INDEX CONCURRENTLY wire_index ON scratch.writable (body); SELECT 1"),
        ["a commit that fails"] = Queries(
            "INSERT INTO scratch.child VALUES (1)", "INSERT INTO scratch.child VALUES (1); SELECT 1", "SELECT 1; INSERT INTO scratch.child VALUES (1)", "INSERT INTO scratch.child VALUES (1); COMMIT; SELECT 1", "BEGIN; INSERT INTO scratch.child VALUES (1); COMMIT; SELECT 1"),
        ["copy inside"] = [[.. Query("SELECT 1; COPY scratch.writable FROM STDIN; SELECT count(*) FROM scratch.writable; DELETE FROM scratch.writable"), .. Message('d', [.. "7\tseven\n"u8]), .. Message('c', [])]],
        ["copy out inside"] = Queries("SELECT 1; COPY (SELECT id FROM scratch.plain ORDER BY id LIMIT 2) TO STDOUT; SELECT 2"),
        ["settings inside"] = Queries("SET TimeZone = 'Asia/Tokyo'; SELECT 1", "SHOW TimeZone; RESET TimeZone", "SET TimeZone = 'Asia/Tokyo'; SELECT 1/0", "SHOW TimeZone"),
        ["notices inside"] = Queries("DROP TABLE IF EXISTS scratch.nothing_there; SELECT 1; DROP TABLE IF EXISTS scratch.nothing_there"),
    };

    private static byte[][] Queries(params string[] texts) => [.. texts.Select(Query)];
}
