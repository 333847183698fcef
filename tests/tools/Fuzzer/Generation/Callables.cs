using Sallyport.Tools.Fuzzer.Wire;

namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>A function, aggregate, operator or cast of the server, as a template with a place for each argument.</summary>
/// <param name="Template"><c>%</c> for each argument.</param>
internal sealed record Callable(string Template, IReadOnlyList<string> Arguments, string Result, CallableKind Kind);

internal enum CallableKind
{
    Function,
    Aggregate,
    SetReturning,
    Operator,
    Cast,
}

/// <summary>What the server can call, read from its catalogue: thousands of functions nobody would write a case for.</summary>
internal sealed class Callables
{
    private const int MaxArguments = 5;

    // They wait, end sessions, or answer something else every time without saying that they are volatile.
    private const string Unwanted =
        """
        ^(pg_sleep|pg_terminate|pg_cancel|pg_advisory|pg_try_advisory|pg_logical|pg_switch|pg_create_|pg_drop_|pg_backup|pg_start_|pg_stop_|pg_promote|pg_wal
        |pg_current_|pg_last_|pg_stat_|pg_postmaster|pg_conf_|pg_backend|pg_rotate|pg_reload|pg_replication|pg_lock|pg_notification|pg_blocking|pg_safe_snap
        |pg_export|pg_import|pg_snapshot|pg_xact|pg_show|pg_control|pg_get_.*(slots|backend|shmem|kcache)|pg_hba|pg_ident|pg_ls_|pg_read_|binary_upgrade|brin_|gin_clean
        |now|clock_|statement_timestamp|transaction_timestamp|timeofday|txid_|random|setseed|gen_random|inet_|age|lo_|lowrite|loread|currtid|set_config|nextval|setval
        |currval|lastval|ts_stat|query_to|cursor_to|table_to|schema_to|database_to|pg_prepared|pg_cursor|pg_timezone|pg_available|factorial|pg_size|pg_.*_size
        |row_security|pg_relation_file|pg_filenode|pg_tablespace|pg_is_|pg_jit|version|uuid_generate|gen_salt|crypt|pgp_|dearmor|armor|pg_nextoid|pg_trigger_depth
        |pg_my_temp|pg_event|pg_collation_act|pg_database|pg_input_error|pg_mcv|array_(shuffle|sample)|uuidv7|pg_stop|dblink|encrypt|decrypt|hash_aclitem|has_)
        """;

    private const string FunctionsQuery =
        """
        SELECT CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || quote_ident(p.proname), format_type(p.prorettype, NULL), p.prokind, p.proretset,
          ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, i) ORDER BY i)::text, p.provariadic <> 0
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
        WHERE n.nspname IN ('pg_catalog', 'public', 'fuzz') AND p.pronargs BETWEEN 1 AND 5 AND p.prokind IN ('f', 'a') AND coalesce(g.aggkind, 'n') = 'n'
          AND p.prorettype <> 'trigger'::regtype AND p.prorettype <> 'internal'::regtype AND p.proname !~ $re$PATTERN$re$
        ORDER BY p.oid
        """;

    private const string OperatorsQuery =
        """
        SELECT n.nspname, o.oprname, format_type(o.oprleft, NULL), format_type(o.oprright, NULL), format_type(o.oprresult, NULL), o.oprleft = 0
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oprresult <> 0 AND n.nspname IN ('pg_catalog', 'public', 'fuzz') ORDER BY o.oid
        """;

    private readonly Dictionary<string, List<Callable>> _byArgument = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Callable>> _byResult = new(StringComparer.Ordinal);

    private Callables()
    {
    }

    public int Count { get; private set; }

    public static async Task<Callables> ReadAsync(Client client)
    {
        var all = new Callables();
        var pattern = string.Concat(Unwanted.Split('\n').Select(line => line.Trim()));
        foreach (var row in await client.RowsAsync(FunctionsQuery.Replace("PATTERN", pattern, StringComparison.Ordinal)))
        {
            var arguments = row[4]!.Trim('{', '}').Split(',').Select(a => a.Trim('"').Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal)).ToList();
            var kind = row[2] == "a" ? CallableKind.Aggregate : row[3] == "t" ? CallableKind.SetReturning : CallableKind.Function;
            all.AddEach($"{row[0]}({string.Join(", ", arguments.Select((_, i) => row[5] == "t" && i == arguments.Count - 1 ? "VARIADIC %" : "%"))})", arguments, row[1]!, kind);
        }

        foreach (var row in await client.RowsAsync(OperatorsQuery))
        {
            var name = row[0] == "fuzz" ? $"OPERATOR(fuzz.{row[1]})" : row[1]!;
            if (!name.Contains('%', StringComparison.Ordinal))
            {
                all.AddEach(row[5] == "t" ? $"({name} %)" : $"(% {name} %)", row[5] == "t" ? [row[3]!] : [row[2]!, row[3]!], row[4]!, CallableKind.Operator);
            }
        }

        foreach (var row in await client.RowsAsync("SELECT format_type(castsource, NULL), format_type(casttarget, NULL) FROM pg_cast ORDER BY oid"))
        {
            all.AddEach($"(%)::{row[1]}", [row[0]!], row[1]!, CallableKind.Cast);
        }

        // Every type can be cast to text and from it.
        foreach (var type in SqlTypes.All)
        {
            all.AddEach("(%)::text", [type], "text", CallableKind.Cast);
            all.AddEach($"(%)::{type}", ["text"], type, CallableKind.Cast);
        }

        return all;
    }

    public IReadOnlyList<Callable> Taking(string type) => _byArgument.GetValueOrDefault(type, []);

    public IReadOnlyList<Callable> Giving(string type) => _byResult.GetValueOrDefault(type, []);

    /// <summary>One entry, or for polymorphic ones one for each of some element types.</summary>
    private void AddEach(string template, IReadOnlyList<string> arguments, string result, CallableKind kind)
    {
        if (!arguments.Append(result).Any(t => t.StartsWith("any", StringComparison.Ordinal) || t == "\"any\""))
        {
            Add(template, arguments, result, kind);
            return;
        }

        foreach (var element in (string[])["text", "integer", "date", "numeric", "fuzz.kind"])
        {
            Add(template, [.. arguments.Select(a => Concrete(a, element))], Concrete(result, element), kind);
        }
    }

    private static string Concrete(string type, string element) => type switch
    {
        "anyelement" or "anycompatible" or "anynonarray" or "anycompatiblenonarray" or "\"any\"" => element,
        "anyarray" or "anycompatiblearray" => element + "[]",
        "anyrange" or "anycompatiblerange" => element switch { "integer" => "int4range", "date" => "daterange", "numeric" => "numrange", _ => "none" },
        "anymultirange" or "anycompatiblemultirange" => element switch { "integer" => "int4multirange", "date" => "datemultirange", _ => "none" },
        "anyenum" => element == "fuzz.kind" ? element : "none",
        _ => type,
    };

    private void Add(string template, IReadOnlyList<string> arguments, string result, CallableKind kind)
    {
        if (arguments.Count > MaxArguments || !arguments.All(SqlTypes.IsKnown))
        {
            return;
        }

        var callable = new Callable(template, arguments, result, kind);
        Count++;
        foreach (var type in arguments.Distinct(StringComparer.Ordinal))
        {
            ListOf(_byArgument, type).Add(callable);
        }

        ListOf(_byResult, result).Add(callable);
    }

    private static List<Callable> ListOf(Dictionary<string, List<Callable>> lists, string type)
    {
        if (!lists.TryGetValue(type, out var list))
        {
            lists[type] = list = [];
        }

        return list;
    }
}
