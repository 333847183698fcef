using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

internal sealed partial class Generator
{
    // Without costs: they depend on the size of tables on disk.
    private static readonly string[] ExplainOptions =
    [
        "(COSTS OFF)", "(COSTS OFF, VERBOSE)", "(COSTS OFF, FORMAT JSON)", "(COSTS OFF, VERBOSE, FORMAT XML)", "(COSTS OFF, FORMAT YAML)",
        "(COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF)", "(COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS, WAL, FORMAT JSON)",
        "(COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT XML)", "(COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF, VERBOSE, FORMAT YAML)",
    ];

    /// <summary>The next case.</summary>
    public Case Make()
    {
        var steps = Steps();
        return new Case(_writes && steps[0].Sql.Texts[0] != Case.Begin ? InTransaction(steps) : steps);
    }

    private List<Step> Steps() => random.Weighted(48, 12, 8, 6, 6, 5, 5, 7, 3) switch
    {
        0 => [Read(Depth())],
        1 => InTransaction(Write(Depth()), random.Chance(40) ? Read(1) : null),
        2 => [Step.Of(Explain(Depth()))],
        3 => Cursor(),
        4 => [Step.Of(Copy(Depth()))],
        5 => Prepared(),
        6 => Piped(),
        7 => Laundering(),
        _ => [Step.Of(Several())],
    };

    private int Depth() => random.Weighted(20, 45, 25, 10);

    private Step Read(int depth)
    {
        _allowsParameters = random.Chance(45);
        return Sent(Query(Scope.Empty, depth).Node);
    }

    private Step Write(int depth)
    {
        _allowsParameters = random.Chance(30);
        return Sent(random.Chance(12) ? Merge(depth) : Writing(depth).Node);
    }

    private Step Sent(Node sql)
    {
        if (!_allowsParameters && random.Chance(50))
        {
            return Step.Of(sql);
        }

        var step = new Step(
            random.Chance(50) ? Protocol.Binary : Protocol.Text, sql, [.. _parameters], random.Chance(25) ? random.Between(1, 3) : 0, random.Pick(['P', 'S', '-']));
        _parameters.Clear();
        _allowsParameters = false;
        return step;
    }

    private static List<Step> InTransaction(params IEnumerable<Step?> steps) => [Step.Plain(Case.Begin), .. steps.OfType<Step>(), Step.Plain(Case.Rollback)];

    private Node Explain(int depth)
    {
        _allowsValues = false;
        return Node.Of("explain", $"EXPLAIN {random.Pick(ExplainOptions)} %", random.Chance(15) ? Writing(depth).Node : Query(Scope.Empty, depth).Node);
    }

    private Node Copy(int depth)
    {
        if (random.Chance(25))
        {
            var relation = PickRelation();
            var columns = Enumerable.Range(0, random.Between(1, 3)).Select(_ => random.Pick(relation.Columns).Sql).Distinct();
            return Node.Text("copy", $"COPY {relation.Name} ({string.Join(", ", columns)}) TO STDOUT{random.Pick(["", " (FORMAT csv)", " (FORMAT binary)", " (FORMAT csv, HEADER, FORCE_QUOTE *)"])}");
        }

        return Node.Of("copy", $"COPY (%) TO STDOUT{random.Pick(["", " (FORMAT csv)", " (FORMAT binary)", " (FORMAT csv, QUOTE '\"', NULL 'n')"])}", Query(Scope.Empty, depth).Node);
    }

    private List<Step> Cursor()
    {
        var lists = random.Chance(15);
        _allowsValues = !lists;
        var query = Query(Scope.Empty, Depth()).Node;
        var options = random.Pick(["", "SCROLL ", "BINARY ", "NO SCROLL ", "INSENSITIVE "]);
        var hold = random.Pick(["", "", " WITH HOLD"]);
        return InTransaction(
            Step.Of(Node.Of("declare", $"DECLARE k {options}CURSOR{hold} FOR %", query)), Step.Plain(random.Pick(["FETCH 2 FROM k", "FETCH ALL FROM k", "FETCH LAST FROM k", "MOVE 1 FROM k"])),
            lists ? Step.Plain("SELECT name, statement FROM pg_cursors") : null,
            random.Chance(40) ? Step.Plain(random.Pick(["FETCH BACKWARD 1 FROM k", "FETCH NEXT FROM k", "SAVEPOINT s"])) : null,
            random.Chance(30) ? new Step(Protocol.Text, Node.Text("fixed", "FETCH 3 FROM k"), []) : null);
    }

    private List<Step> Prepared()
    {
        _allowsValues = false;
        var (name, query) = (NewName("p"), Query(Scope.Empty, Depth()).Node);
        return
        [
            Step.Of(Node.Of("prepare", $"PREPARE {name} AS %", query)), Step.Plain($"EXECUTE {name}"),
            Step.Plain(random.Pick([$"EXECUTE {name}", $"EXPLAIN (COSTS OFF) EXECUTE {name}", $"CREATE TEMP TABLE x_{name} AS EXECUTE {name}", $"SELECT name FROM pg_prepared_statements WHERE name = '{name}'"])),
            Step.Plain($"DEALLOCATE {name}"),
        ];
    }

    private List<Step> Piped()
    {
        var steps = Enumerable.Range(0, random.Between(2, 4)).Select(_ =>
        {
            _fuel = MaxPieces / 3;
            return new Step(random.Chance(50) ? Protocol.Binary : Protocol.Text, Query(Scope.Empty, random.Below(2)).Node, [], Describe: random.Pick(['P', 'S', '-']), IsPiped: true);
        }).ToList();
        steps[^1] = steps[^1] with { IsPiped = false };
        return steps;
    }

    /// <summary>A string of statements: what one does, the next one sees.</summary>
    private Node Several() => Node.ListOf("; ", [.. Enumerable.Range(0, random.Between(2, 4)).Select(_ =>
    {
        _fuel = MaxPieces / 3;
        return random.Weighted(60, 10, 10, 20) switch
        {
            0 => Query(Scope.Empty, random.Below(2)).Node,
            1 => Node.Text("fixed", random.Pick(["SET LOCAL search_path = fuzz", "SAVEPOINT s", "SET datestyle = 'German'", "RESET ALL"])),
            2 => Copy(1),
            _ => Writing(1).Node,
        };
    })]);

    /// <summary>One statement stores what another reads.</summary>
    private List<Step> Laundering()
    {
        var depth = random.Below(2);
        var table = NewName("loot");
        switch (random.Below(9))
        {
            case 0:
                var kept = Query(Scope.Empty, depth);
                return InTransaction(
                    Step.Of(Node.Of("ctas", $"CREATE TEMP TABLE {table} AS %", kept.Node)), Step.Plain($"SELECT * FROM {table}"), Step.Plain($"SELECT pg_relation_size('{table}') > 0"));
            case 1:
                return InTransaction(Step.Of(Node.Of("view", $"CREATE TEMP VIEW {table} AS %", Query(Scope.Empty, depth).Node)), Step.Plain($"SELECT * FROM {table}"));
            case 2:
                var value = SelectOf(Scope.Empty, ["text", "bigint"], depth).Node;
                return InTransaction(Step.Of(Node.Of("insert", "INSERT INTO scratch.log (a, n) %", value)), Step.Plain("SELECT a, n FROM scratch.log ORDER BY 1, 2"), Step.Plain("SELECT count(*), max(length(a)) FROM scratch.log"));
            case 3:
                var condition = SelectOf(Scope.Empty, ["boolean"], depth, "1").Node;
                return InTransaction(Step.Plain("SELECT setval('scratch.seq', 1)"), Step.Of(Node.Of("seq", "SELECT CASE WHEN (%) THEN nextval('scratch.seq') END IS NULL", condition)), Step.Plain("SELECT last_value FROM scratch.seq"));
            case 4:
                var key = SelectOf(Scope.Empty, ["bigint"], depth, "1").Node;
                return InTransaction(Step.Of(Node.Of("lock", "SELECT pg_try_advisory_xact_lock((%)) IS NULL", key)), Step.Plain("SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' ORDER BY 1, 2"));
            case 5:
                var text = SelectOf(Scope.Empty, ["text"], depth, "1").Node;
                return [Step.Plain("LISTEN c"), Step.Of(Node.Of("notify", "SELECT pg_notify('c', (%)) IS NULL", text)), Step.Plain("SELECT 1"), Step.Plain("UNLISTEN *")];
            case 6:
                var setting = SelectOf(Scope.Empty, ["text"], depth, "1").Node;
                return InTransaction(Step.Of(Node.Of("setting", "SELECT set_config('application_name', (%), true) IS NULL", setting)), Step.Plain("SHOW application_name"));
            case 7:
                var seed = SelectOf(Scope.Empty, ["double precision"], depth, "1").Node;
                return [Step.Plain("SELECT setseed(0.5)"), Step.Of(Node.Of("seed", "SELECT setseed((%))", seed)), Step.Plain("SELECT random()")];
            default:
                var update = Node.Of("update", "UPDATE fuzz.plain SET % = % WHERE %", Target(Named("fuzz.plain"), out var type), Expr(Scope.Empty, type, 1), InCondition(() => Pred(new Scope(Named("fuzz.plain").Columns, null), 2)));
                return InTransaction(Step.Of(update), Step.Plain("SELECT * FROM fuzz.plain ORDER BY id"), Step.Plain("SELECT count(*) FROM fuzz.audit"));
        }
    }
}
