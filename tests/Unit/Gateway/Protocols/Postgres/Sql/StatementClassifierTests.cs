using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Sql;

public sealed class StatementClassifierTests
{
    [Theory]
    [InlineData("select 1")]
    [InlineData("/* c */ SeLeCt 1")]
    [InlineData("((select 1) union select 2)")]
    [InlineData("values (1)")]
    [InlineData("table t")]
    [InlineData("with x as (delete from t returning *) select * from x")]
    [InlineData("insert into t values (1)")]
    [InlineData("update t set a = 1")]
    [InlineData("delete from t")]
    [InlineData("merge into t using s on true when matched then do nothing")]
    public void Queries_and_dml_go_to_the_server(string text) => Assert.IsType<StatementForm.Analysed>(Classify(text));

    [Theory]
    [InlineData("")]
    [InlineData(" -- only a comment")]
    public void No_statement_is_empty(string text) => Assert.IsType<StatementForm.Empty>(Classify(text));

    [Theory]
    [InlineData("begin", TransactionAction.Begin, null)]
    [InlineData("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY DEFERRABLE", TransactionAction.Begin, null)]
    [InlineData("start transaction read write", TransactionAction.Begin, null)]
    [InlineData("commit work and no chain", TransactionAction.Commit, null)]
    [InlineData("end", TransactionAction.Commit, null)]
    [InlineData("rollback", TransactionAction.Rollback, null)]
    [InlineData("abort transaction and chain", TransactionAction.Rollback, null)]
    [InlineData("savepoint S1", TransactionAction.Savepoint, "s1")]
    [InlineData("release savepoint \"S 1\"", TransactionAction.Release, "S 1")]
    [InlineData("release savepoint", TransactionAction.Release, "savepoint")]
    [InlineData("rollback work to savepoint a", TransactionAction.RollbackTo, "a")]
    [InlineData("rollback to a", TransactionAction.RollbackTo, "a")]
    public void Transaction_control_is_read(string text, object action, string? savepoint) =>
        Assert.Equal(
            new StatementForm.Transaction((TransactionAction)action, savepoint, Chains: text.EndsWith("and chain", StringComparison.Ordinal)), Classify(text));

    [Theory]
    [InlineData("set transaction isolation level serializable")]
    [InlineData("set local transaction read only")]
    [InlineData("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")]
    [InlineData("set constraints all deferred")]
    [InlineData("set constraints a, s.b immediate")]
    [InlineData("set transaction snapshot '00000003-0000001B-1'")]
    public void Transaction_modes_are_session_control(string text) => Assert.IsType<StatementForm.SetTransaction>(Classify(text));

    [Theory]
    [InlineData("explain select 1", "select 1", false)]
    [InlineData("EXPLAIN ANALYZE VERBOSE update t set a = 1 -- x", "update t set a = 1", true)]
    [InlineData("explain (costs off, analyze) select 1", "select 1", true)]
    [InlineData("explain (analyze off, format json) select 1", "select 1", false)]
    [InlineData("explain (analyze maybe) select 1", "select 1", true)]
    [InlineData("explain (select 1)", "(select 1)", false)]
    [InlineData("explain ((values (1)))", "((values (1)))", false)]
    public void Explain_hands_over_its_inner_statement(string text, string inner, bool analyze)
    {
        var form = Assert.IsType<StatementForm.Explain>(Classify(text));
        Assert.Equal((inner, analyze), (Slice(text, form.Inner), form.Analyze));
    }

    [Theory]
    [InlineData("declare c cursor for select 1", "c", "select 1", false, false)]
    [InlineData("DECLARE \"C 1\" BINARY NO SCROLL CURSOR WITH HOLD FOR (select 1) /* x */", "C 1", "(select 1)", true, true)]
    [InlineData("declare c insensitive scroll cursor without hold for table t", "c", "table t", false, false)]
    public void Declare_hands_over_its_query(string text, string cursor, string inner, bool holds, bool isBinary)
    {
        var form = Assert.IsType<StatementForm.Declare>(Classify(text));
        Assert.Equal((cursor, inner, holds, isBinary), (form.Cursor, Slice(text, form.Inner), form.WithHold, form.Binary));
    }

    [Theory]
    [InlineData("fetch c")]
    [InlineData("fetch from c")]
    [InlineData("fetch next from C")]
    [InlineData("fetch prior c")]
    [InlineData("fetch 10 in c")]
    [InlineData("fetch -10 from c")]
    [InlineData("fetch absolute -3 from c")]
    [InlineData("fetch relative 0 c")]
    [InlineData("fetch all c")]
    [InlineData("fetch forward all in c")]
    [InlineData("fetch backward 5 c")]
    [InlineData("fetch backward from c")]
    public void Fetch_names_its_cursor_last(string text)
    {
        Assert.Equal(new StatementForm.Fetch("c", IsMove: false), Classify(text));
        Assert.Equal(new StatementForm.Fetch("c", IsMove: true), Classify("move" + text[5..]));
    }

    [Fact]
    public void A_cursor_may_be_called_like_a_direction() => Assert.Equal(new StatementForm.Fetch("next", IsMove: false), Classify("fetch next"));

    [Fact]
    public void Names_are_cut_as_the_server_cuts_them()
    {
        var form = Assert.IsType<StatementForm.Close>(Classify("close " + new string('A', 62) + "é"));
        Assert.Equal(new string('a', 62), form.Cursor);
    }

    [Fact]
    public void Cursors_prepared_statements_and_channels_are_named()
    {
        Assert.Equal(new StatementForm.Close(null), Classify("close all"));
        Assert.Equal(new StatementForm.Deallocate("prepare"), Classify("deallocate prepare"));
        Assert.Equal(new StatementForm.Deallocate("q"), Classify("deallocate prepare Q"));
        Assert.Equal(new StatementForm.Deallocate(null), Classify("DEALLOCATE ALL"));
        Assert.Equal(new StatementForm.Discard(DiscardScope.All), Classify("discard all"));
        Assert.Equal(new StatementForm.Discard(DiscardScope.Temporary), Classify("discard temp"));
        Assert.Equal(new StatementForm.Listen("jobs"), Classify("LISTEN Jobs"));
        Assert.Equal(new StatementForm.Unlisten(null), Classify("unlisten *"));
        Assert.Equal(new StatementForm.Notify("jobs", "it's"), Classify("notify jobs, 'it''s'"));
        Assert.Equal(new StatementForm.Notify("jobs", "a\nb'"), Classify("notify jobs, E'a\\nb\\''"));
        Assert.Equal(new StatementForm.Notify("jobs", "x'"), Classify("notify jobs, $a$x'$a$"));
        Assert.Equal(new StatementForm.Notify("jobs", ""), Classify("notify jobs"));
    }

    [Theory]
    [InlineData("prepare q as select $1", "select $1", "select $1")]
    [InlineData("prepare q (int, character varying(10) /* c */, unknown) as select $1, $2, $3, '$1', $4", "select $1, $2, $3, '$1', $4", "select ($1::int), ($2::character varying(10)), $3, '$1', $4")]
    [InlineData("PREPARE q(int[]) AS update t set a = $1[1]", "update t set a = $1[1]", "update t set a = ($1::int[])[1]")]
    public void Prepare_types_its_parameters_for_the_probe(string text, string inner, string probe)
    {
        var form = Assert.IsType<StatementForm.Prepare>(Classify(text));
        Assert.Equal(("q", inner, probe), (form.Name, Slice(text, form.Inner), form.InnerProbe));
    }

    [Theory]
    [InlineData("execute q")]
    [InlineData("execute q(1, -2.5, 'x', null, true, $1, 'x'::text, E'\\'', date '2024-01-31')")]
    public void Execute_takes_constants(string text) => Assert.Equal(new StatementForm.Execute("q"), Classify(text));

    [Theory]
    [InlineData("copy t to stdout", CopyDirection.Out, CopyFormat.Text, "SELECT * FROM ONLY \"t\"")]
    [InlineData("copy S.\"T\" (a, \"B\"\"c\") from stdin", CopyDirection.In, CopyFormat.Text, "SELECT \"a\", \"B\"\"c\" FROM ONLY \"s\".\"T\"")]
    [InlineData("copy (select 1) to stdout with (format csv, header, null 'x', force_quote (a, b), encoding 'utf-8')", CopyDirection.Out, CopyFormat.Csv, "select 1")]
    [InlineData("copy ((select 1) union (select 2)) to stdout csv header quote as '''' force quote a, b", CopyDirection.Out, CopyFormat.Csv, "(select 1) union (select 2)")]
    [InlineData("copy binary t to stdin", CopyDirection.Out, CopyFormat.Binary, "SELECT * FROM ONLY \"t\"")]
    [InlineData("copy t from stdin (format 'binary')", CopyDirection.In, CopyFormat.Binary, "SELECT * FROM ONLY \"t\"")]
    [InlineData("copy db.s.t to stdout using delimiters ','", CopyDirection.Out, CopyFormat.Text, "SELECT * FROM ONLY \"s\".\"t\"")]
    [InlineData("copy (delete from t returning a) to stdout", CopyDirection.Out, CopyFormat.Text, "delete from t returning a")]
    public void Copy_is_probed_by_the_query_it_stands_for(string text, object direction, object format, string probe)
    {
        var form = Assert.IsType<StatementForm.Copy>(Classify(text));
        Assert.Equal(((CopyDirection)direction, (CopyFormat)format, probe), (form.Direction, form.Format, form.ProbeText));
    }

    [Theory]
    [InlineData("copy t to stdout (format csv, delimiter ';', null 'NIL', quote '''', escape E'\\\\', force_quote (a, \"B\"))", ";|NIL|'|\\|a,B|False|True")]
    [InlineData("copy t to stdout with delimiter as '|' null '' csv quote '\"' force quote *", "|||\"|||True|True")]
    [InlineData("copy t to stdout (delimiter x, null 1, force_quote *)", "x|1||||True|True")]
    [InlineData("copy t to stdout (delimiter U&'\\0009')", "|||||False|False")]
    [InlineData("copy t to stdout delimiters ';'", ";|||||False|False")]
    public void Copy_options_are_read(string text, string settings)
    {
        var copy = Assert.IsType<StatementForm.Copy>(Classify(text)).Settings;
        Assert.Equal(settings, $"{copy.Delimiter}|{copy.Null}|{copy.Quote}|{copy.Escape}|{string.Join(',', copy.ForceQuote)}|{copy.ForcesAllQuotes}|{copy.IsReadable}");
    }

    [Theory]
    [InlineData("copy t to stdout", "")]
    [InlineData("copy t (a) to stdout with (header) ", " with (header)")]
    public void All_that_stands_behind_stdout_is_the_options(string text, string options)
    {
        var copy = Assert.IsType<StatementForm.Copy>(Classify(text));
        Assert.Equal(options, text.Substring(copy.Options.Start, copy.Options.Length));
    }

    [Theory]
    [InlineData("set application_name = 'psql'", "application_name", "psql", false)]
    [InlineData("SET search_path TO a, \"B\", 'c d'", "search_path", "a|B|c d", false)]
    [InlineData("set local statement_timeout = 5000", "statement_timeout", "5000", true)]
    [InlineData("set session TimeZone = default", "timezone", "", false)]
    [InlineData("set extra_float_digits to -3", "extra_float_digits", "-3", false)]
    [InlineData("set time zone 'UTC'", "timezone", "UTC", false)]
    [InlineData("set time zone -7", "timezone", "-7", false)]
    [InlineData("set time zone local", "timezone", "", false)]
    [InlineData("SET TIME ZONE INTERVAL '+00:00' HOUR TO MINUTE", "timezone", "+00:00", false)]
    [InlineData("set names 'UTF8'", "client_encoding", "UTF8", false)]
    [InlineData("set client_encoding = unicode", "client_encoding", "unicode", false)]
    [InlineData("set standard_conforming_strings = on", "standard_conforming_strings", "on", false)]
    [InlineData("set schema 'x'", "search_path", "x", false)]
    [InlineData("set xml option document", "xmloption", "document", false)]
    [InlineData("SET DateStyle = ISO, MDY", "datestyle", "iso|mdy", false)]
    public void Allowed_settings_are_read(string text, string name, string values, bool isLocal)
    {
        var form = Assert.IsType<StatementForm.Set>(Classify(text));
        Assert.Equal((name, values, isLocal), (form.Name, string.Join('|', form.Values), form.IsLocal));
    }

    [Fact]
    public void Message_levels_stay_with_the_gateway()
    {
        Assert.Equal(new StatementForm.SetClientMinMessages("warning", IsLocal: false), Classify("set client_min_messages to WARNING"));
        Assert.Equal(new StatementForm.SetClientMinMessages(null, IsLocal: true), Classify("set local client_min_messages = default"));
        Assert.Equal(new StatementForm.SetClientMinMessages(null, IsLocal: false), Classify("reset client_min_messages"));
    }

    [Fact]
    public void Reset_and_show_name_their_parameter()
    {
        Assert.Equal(new StatementForm.Reset(null), Classify("reset all"));
        Assert.Equal(new StatementForm.Reset("role"), Classify("RESET ROLE"));
        Assert.Equal(new StatementForm.Reset("session_authorization"), Classify("SET SESSION AUTHORIZATION DEFAULT"));
        Assert.Equal(new StatementForm.Reset("session_authorization"), Classify("reset session authorization"));
        Assert.Equal(new StatementForm.Show("transaction_isolation"), Classify("show transaction isolation level"));
        Assert.Equal(new StatementForm.Show("timezone"), Classify("show time zone"));
        Assert.Equal(new StatementForm.Show(null), Classify("show all"));
    }

    [Theory]
    [InlineData("lock table a, only s.b in access share mode nowait", "Lock", "a s.b", CommandClass.Read, Effects.Lock)]
    [InlineData("lock a", "Lock", "a", CommandClass.Write, Effects.Lock)]
    [InlineData("vacuum", "Maintain", "", CommandClass.Ddl, Effects.Maintenance)]
    [InlineData("vacuum full verbose a (x, y), s.b", "Maintain", "a s.b", CommandClass.Ddl, Effects.Maintenance)]
    [InlineData("VACUUM (ANALYZE, PARALLEL 2) a", "Maintain", "a", CommandClass.Ddl, Effects.Maintenance)]
    [InlineData("analyze verbose a", "Maintain", "a", CommandClass.Ddl, Effects.Maintenance)]
    [InlineData("truncate only a, b * restart identity cascade", "Truncate", "a b", CommandClass.Write, Effects.Truncate)]
    [InlineData("drop table if exists a, s.b cascade", "Drop", "a s.b", CommandClass.Ddl, Effects.Drop)]
    [InlineData("drop index concurrently i", "Drop", "i", CommandClass.Ddl, Effects.Drop)]
    [InlineData("drop materialized view v", "Drop", "v", CommandClass.Ddl, Effects.Drop)]
    [InlineData("drop schema s", "Drop", "s.", CommandClass.Ddl, Effects.Drop)]
    [InlineData("comment on table a is 'x'", "Comment", "a", CommandClass.Ddl, Effects.Comment)]
    [InlineData("comment on column s.a.c is null", "Comment", "s.a", CommandClass.Ddl, Effects.Comment)]
    [InlineData("create table t (like s.a including all, b int references c (id) on delete set null)", "CreateTable", "s.a c", CommandClass.Ddl, Effects.Create)]
    [InlineData("create index concurrently if not exists i on only s.t using btree (a desc nulls last, \"B\" collate \"C\" text_pattern_ops) include (c) with (fillfactor = 70)", "CreateIndex", "s.t", CommandClass.Ddl, Effects.Create)]
    [InlineData("create sequence if not exists s start 1 increment by 2 no maxvalue owned by t.c", "CreateSequence", "t", CommandClass.Ddl, Effects.Create)]
    [InlineData("alter sequence s restart with 5", "AlterSequence", "s", CommandClass.Ddl, Effects.Alter)]
    [InlineData("alter table if exists only s.t add a int, add column if not exists b text default 'x'", "AlterTable", "s.t", CommandClass.Ddl, Effects.Alter)]
    public void Relations_and_class_of_utilities_are_told(string text, string kind, string relations, object commandClass, object effects)
    {
        var form = Classify(text);
        Assert.Equal(kind, form.GetType().Name);
        Assert.Equal(relations, string.Join(' ', form.Relations.Select(relation => relation.Schema.Length == 0 ? relation.Name : $"{relation.Schema}.{relation.Name}")));
        Assert.Equal(((CommandClass)commandClass, (Effects)effects), (form.Class, form.Effects));
    }

    [Theory]
    [InlineData("CREATE TABLE IF NOT EXISTS scratch.schema_migrations (version varchar(255) PRIMARY KEY)", "scratch", "schema_migrations", false)]
    [InlineData("create temp table t (k text unique nulls not distinct, b int not null default 0)", "", "t", true)]
    [InlineData("create unlogged table t (id bigint generated by default as identity (start with 10 cache 5), at timestamp(3) with time zone default now())", "", "t", false)]
    [InlineData("create table t (a numeric(10,2) default -1.5, b int[] default '{}'::int[], c double precision, primary key (a, b) include (c) deferrable)", "", "t", false)]
    [InlineData("create table t (a text collate \"C\" constraint n not null, b uuid default gen_random_uuid(), foreign key (b) references x match full) with (fillfactor = 70) tablespace y", "", "t", false)]
    [InlineData("create local temporary table t () on commit drop", "", "t", true)]
    [InlineData("create table t (at time without time zone default current_time, d interval day to second(3) default interval '1 day')", "", "t", false)]
    [InlineData("create table t (a int array[3], b character varying(5) default null, c bit varying(8) default b'1'::bit)", "", "t", false)]
    public void Plain_tables_may_be_created(string text, string schema, string name, bool isTemporary)
    {
        var form = Classify(text);
        if (text.Contains("b'1'", StringComparison.Ordinal))
        {
            // Bit strings are no constants the gateway reads.
            Assert.IsType<StatementForm.Refused>(form);
            return;
        }

        var table = Assert.IsType<StatementForm.CreateTable>(form);
        Assert.Equal(isTemporary, table.IsTemporary);
        var created = Assert.Single(table.Creates);
        Assert.Equal((schema, name), (created.Schema, created.Name));
    }

    [Theory]
    [InlineData("create temp table t as select 1", "select 1", true)]
    [InlineData("create table if not exists t (a, b) with (fillfactor=70) as (table x) with no data", "(table x)", false)]
    [InlineData("create table t as with data as (select 1) select * from data with data;", "", false)]
    public void Create_table_as_hands_over_its_query(string text, string inner, bool isTemporary)
    {
        text = text.TrimEnd(';');
        inner = inner.Length == 0 ? "with data as (select 1) select * from data" : inner;
        var form = Assert.IsType<StatementForm.CreateTableAs>(Classify(text));
        Assert.Equal((inner, isTemporary), (Slice(text, form.Inner), form.IsTemporary));
    }

    [Theory]
    [InlineData("create view v as select 1", "select 1", false, false)]
    [InlineData("create or replace temp view s.v (a) with (security_barrier) as values (1) with local check option", "values (1)", true, true)]
    public void Create_view_hands_over_its_query(string text, string inner, bool isTemporary, bool replaces)
    {
        var form = Assert.IsType<StatementForm.CreateView>(Classify(text));
        Assert.Equal((inner, isTemporary, replaces), (Slice(text, form.Inner), form.IsTemporary, form.Replaces));
    }

    [Theory]
    [InlineData("alter table t add a int", true, false)]
    [InlineData("alter table t add primary key (a)", false, false)]
    [InlineData("alter table t add a int, drop column b", false, true)]
    [InlineData("alter table t rename a to b", false, true)]
    [InlineData("alter table t rename to u", false, true)]
    [InlineData("alter table t set schema s", false, true)]
    [InlineData("alter table t alter column a set data type bigint", false, true)]
    [InlineData("alter table t alter a set default 1", false, false)]
    [InlineData("alter table t alter a drop not null", false, false)]
    public void Alter_table_tells_what_a_tag_may_hang_on(string text, bool onlyAdds, bool sensitive)
    {
        var form = Assert.IsType<StatementForm.AlterTable>(Classify(text));
        Assert.Equal((onlyAdds, sensitive), (form.OnlyAddsColumns, form.Sensitive));
    }

    [Fact]
    public void A_probe_resolves_every_named_relation_once_even_if_named_twice()
    {
        Assert.Equal("SELECT FROM ONLY \"a\" AS r1, ONLY \"s\".\"a\"\"b\" AS r2, ONLY \"a\" AS r3", Classify("truncate a, s.\"a\"\"b\", a").ProbeText);
        Assert.Null(Classify("drop index i").ProbeText);
        Assert.Null(Classify("drop schema s").ProbeText);
        Assert.Null(Classify("vacuum").ProbeText);
    }

    [Fact]
    public void Any_text_gets_an_answer() => Prop.ForAll(
        SqlLexerTests.RandomTexts(),
        Gen.Elements(Verbs).ToArbitrary(),
        (text, verb) => Classify($"{verb} {text}") is not null).QuickCheckThrowOnFailure();

    private static readonly string[] Verbs =
    [
        "", "begin", "commit", "rollback", "set", "set time zone", "reset", "show", "explain", "explain (", "prepare q", "prepare q(", "execute q(", "declare c", "fetch",
        "close", "copy", "copy (select", "copy t to stdout (", "notify a,", "lock", "vacuum", "vacuum (", "truncate", "drop table", "comment on column",
        "create table t", "create table t (a ", "create table t (a int default", "create index i on t (", "create view v as", "create sequence s", "alter table t", "alter table t add",
    ];

    private static StatementForm Classify(string text) => StatementClassifier.Classify(Encoding.UTF8.GetBytes(text));

    private static string Slice(string text, TextRange range) => Encoding.UTF8.GetString(range.Of(Encoding.UTF8.GetBytes(text)));
}
