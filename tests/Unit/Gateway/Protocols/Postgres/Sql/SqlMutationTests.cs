using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Sql;

public sealed class SqlMutationTests
{
    private static readonly string[] Statements =
    [
        "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY", "ROLLBACK TO SAVEPOINT \"a b\"", "SET LOCAL search_path TO a, 'b', \"c\"", "SET TIME ZONE INTERVAL '+01:00' HOUR TO MINUTE",
        "SHOW TRANSACTION ISOLATION LEVEL", "EXPLAIN (ANALYZE off, FORMAT json) SELECT 1", "PREPARE q (int, varchar(3)) AS SELECT $1, $2", "EXECUTE q(1, 'x'::text)",
        "DECLARE c BINARY SCROLL CURSOR WITH HOLD FOR SELECT 1", "FETCH BACKWARD ALL IN c", "COPY s.t (a, b) TO STDOUT WITH (FORMAT csv, NULL 'x', FORCE_QUOTE (a))",
        "COPY (SELECT (1)) TO STDOUT CSV HEADER QUOTE AS ''''", "NOTIFY a, E'x\\n'", "LOCK TABLE ONLY (a), b IN ROW SHARE MODE", "VACUUM (FULL, PARALLEL 2) a (b), c",
        "TRUNCATE a, b RESTART IDENTITY CASCADE", "DROP TABLE IF EXISTS a.b, c RESTRICT", "COMMENT ON COLUMN a.b.c IS $x$y$x$",
        "CREATE TEMP TABLE t (a int[] DEFAULT '{}', b numeric(3,1) UNIQUE REFERENCES x (y) ON DELETE SET NULL, PRIMARY KEY (a)) ON COMMIT DROP",
        "CREATE TABLE t AS TABLE x WITH NO DATA", "CREATE OR REPLACE VIEW v (a) WITH (security_barrier) AS SELECT 1 WITH LOCAL CHECK OPTION",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t USING btree (a COLLATE \"C\" DESC NULLS LAST) INCLUDE (b)", "CREATE SEQUENCE s INCREMENT BY -2 OWNED BY t.c",
        "ALTER TABLE IF EXISTS ONLY t ADD COLUMN a int DEFAULT 1, ALTER b SET DATA TYPE text, DROP COLUMN c CASCADE", "SELECT 1; SELECT $$;$$ /* ; */",
    ];

    [Fact]
    public void Mutated_statements_are_split_classified_and_redacted_without_an_exception()
    {
        var seed = new SeededBytes(20_261_121);
        var ranges = new List<TextRange>();
        for (var round = 0; round < 20_000; round++)
        {
            var text = Mutate(Encoding.UTF8.GetBytes(Statements[round % Statements.Length]), seed);
            ranges.Clear();
            StatementSplitter.Split(text, ranges);
            foreach (var range in ranges)
            {
                var form = StatementClassifier.Classify(range.Of(text));
                _ = form.ProbeText;
                AssertInside(form, range.Length);
                Assert.InRange(TemplateWriter.Write(range.Of(text), NoWords.Instance).Length, 1, SqlLimits.MaxTemplateChars);
            }
        }
    }

    private static void AssertInside(StatementForm form, int length)
    {
        TextRange? inner = form switch
        {
            StatementForm.Explain explain => explain.Inner,
            StatementForm.Declare declare => declare.Inner,
            StatementForm.Prepare prepare => prepare.Inner,
            StatementForm.CreateTableAs table => table.Inner,
            StatementForm.CreateView view => view.Inner,
            StatementForm.Copy copy => copy.Query,
            _ => null,
        };
        if (inner is { } range)
        {
            Assert.True(range is { Start: > 0, Length: > 0 } && range.End <= length);
        }
    }

    private static byte[] Mutate(byte[] text, SeededBytes seed)
    {
        var mutated = new List<byte>(text);
        for (var change = seed.Next(4); change >= 0 && mutated.Count > 0; change--)
        {
            var at = seed.Next(mutated.Count);
            switch (seed.Next(4))
            {
                case 0:
                    mutated.RemoveAt(at);
                    break;
                case 1:
                    mutated.Insert(at, "'\"$;()/*-\\ ,.\n"u8[seed.Next(14)]);
                    break;
                case 2:
                    mutated[at] = (byte)seed.Next(256);
                    break;
                default:
                    mutated.RemoveRange(at, Math.Min(mutated.Count - at, seed.Next(12)));
                    break;
            }
        }

        return [.. mutated];
    }

    private sealed class NoWords : IKnownWords
    {
        public static readonly NoWords Instance = new();

        public bool Contains(ReadOnlySpan<byte> lowerCased) => false;
    }
}
