using System.Collections.Frozen;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>
/// Which run-time parameters clients may set: by SET, by <c>set_config</c> with constants, in the start-up packet or its <c>options</c>.
/// An allow-list: what is not on it is refused. docs/reference/sql.md prints it.
/// </summary>
internal static class SettingPolicy
{
    /// <summary>Parameters a client may set to any constant: they change its own time zone, formats, time limits, name resolution and plans.</summary>
    public static readonly FrozenSet<string> Free = FrozenSet.ToFrozenSet([
        "application_name", "array_nulls", "bytea_output", "check_function_bodies", "constraint_exclusion", "cpu_index_tuple_cost",
        "cpu_operator_cost", "cpu_tuple_cost", "cursor_tuple_fraction", "datestyle", "debug_parallel_query", "default_table_access_method",
        "default_tablespace", "default_text_search_config", "default_transaction_deferrable", "default_transaction_isolation",
        "default_transaction_read_only", "effective_cache_size", "enable_async_append", "enable_bitmapscan", "enable_distinct_reordering",
        "enable_gathermerge", "enable_group_by_reordering", "enable_hashagg", "enable_hashjoin", "enable_incremental_sort",
        "enable_indexonlyscan", "enable_indexscan", "enable_material", "enable_memoize", "enable_mergejoin", "enable_nestloop",
        "enable_parallel_append", "enable_parallel_hash", "enable_partition_pruning", "enable_partitionwise_aggregate",
        "enable_partitionwise_join", "enable_presorted_aggregate", "enable_self_join_elimination", "enable_seqscan", "enable_sort",
        "enable_tidscan", "escape_string_warning", "extra_float_digits", "force_parallel_mode", "from_collapse_limit", "geqo", "geqo_effort",
        "geqo_threshold", "idle_in_transaction_session_timeout", "idle_session_timeout", "intervalstyle", "jit", "jit_above_cost",
        "jit_inline_above_cost", "jit_optimize_above_cost", "join_collapse_limit", "lc_monetary", "lc_numeric", "lc_time", "lock_timeout",
        "max_parallel_workers_per_gather", "min_parallel_index_scan_size", "min_parallel_table_scan_size", "parallel_leader_participation",
        "parallel_setup_cost", "parallel_tuple_cost", "plan_cache_mode", "quote_all_identifiers", "random_page_cost", "row_security",
        "search_path", "seq_page_cost", "statement_timeout", "synchronize_seqscans", "timezone", "transaction_deferrable",
        "transaction_isolation", "transaction_read_only", "transaction_timeout", "transform_null_equals", "xmlbinary", "xmloption",
    ]);

    /// <summary>Parameters that say what a text means, its constants included: after a change a text that was prepared has to be prepared again.</summary>
    private static readonly FrozenSet<string> Meaning = FrozenSet.ToFrozenSet([
        "search_path", "array_nulls", "datestyle", "intervalstyle", "timezone", "lc_monetary", "default_text_search_config", "row_security",
        "transform_null_equals", "xmloption",
    ]);

    /// <summary>Parameters the gateway or the operator holds at one value; a client may only name that value again.</summary>
    private static readonly FrozenDictionary<string, string[]> Pinned = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["standard_conforming_strings"] = ["on", "true", "yes", "1"],
        // In UTF8 no character hides a backslash, so "on" is no other rule than "safe_encoding".
        ["backslash_quote"] = ["safe_encoding", "on", "true", "yes", "1"],
        ["session_replication_role"] = ["origin"],
        ["debug_print_rewritten"] = [],
        ["debug_print_parse"] = [],
        ["debug_print_plan"] = [],
        ["debug_print_raw_parse"] = [],
        ["debug_pretty_print"] = [],
        ["role"] = [],
        ["session_authorization"] = [],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The levels clients may choose; below NOTICE come the dumps the gateway reads.</summary>
    private static readonly FrozenSet<string> MessageLevels = FrozenSet.ToFrozenSet(["notice", "warning", "error"]);

    private static readonly FrozenSet<string> Utf8Names = FrozenSet.ToFrozenSet(["utf8", "unicode"]);

    /// <summary>Whether <paramref name="name"/> is a parameter this policy knows, so that it may appear in records and messages.</summary>
    public static bool IsKnown(string name) =>
        Free.Contains(name) || Pinned.ContainsKey(name) || name is "client_min_messages" or "client_encoding";

    /// <summary>Whether a text may mean something else once this parameter has another value.</summary>
    /// <param name="name">The parameter; null for all of them.</param>
    public static bool ChangesMeanings(string? name) => name is null || Meaning.Contains(SqlWords.FoldAscii(name));

    /// <summary>Judges one assignment.</summary>
    /// <param name="name">The parameter, in any case.</param>
    /// <param name="value">The whole value; null for DEFAULT or RESET, which fall back to what the gateway set at start-up.</param>
    public static SettingVerdict Judge(string name, string? value)
    {
        var folded = SqlWords.FoldAscii(name);
        if (Free.Contains(folded))
        {
            return new SettingVerdict.Allowed();
        }

        return folded switch
        {
            "client_min_messages" => Level(value),
            "client_encoding" when value is null || Utf8Names.Contains(EncodingName(value)) => new SettingVerdict.Allowed(),
            "client_encoding" => new SettingVerdict.Refused(
                "setting-pinned", "client_encoding stays UTF8 behind the gateway.", "Use UTF8 and convert on the client."),
            _ when Pinned.TryGetValue(folded, out var values) => IsPinnedValue(values, value)
                ? new SettingVerdict.Allowed()
                : new SettingVerdict.Refused(
                    "setting-pinned", $"{folded} is held at a fixed value by the gateway.", "Leave it out."),
            _ when folded.Contains('.', StringComparison.Ordinal) => new SettingVerdict.Refused(
                "setting-custom", "Parameters with a dot in their name belong to extensions and applications, which may trust them.",
                "Leave it out, or have an operator set it for the target's role."),
            _ => new SettingVerdict.Refused(
                "setting-not-listed", "This parameter is not one that clients may set.", "Leave it out, or have an operator set it for the target's role."),
        };
    }

    private static SettingVerdict Level(string? value)
    {
        if (value is null)
        {
            return new SettingVerdict.ClientMinMessages(null);
        }

        var level = SqlWords.FoldAscii(value);
        return MessageLevels.Contains(level)
            ? new SettingVerdict.ClientMinMessages(level)
            : new SettingVerdict.Refused(
                "setting-pinned", "client_min_messages may be notice, warning or error behind the gateway.", "Choose one of these levels.");
    }

    /// <summary>DEFAULT is the pinned value itself: pins are start-up values.</summary>
    private static bool IsPinnedValue(string[] values, string? value) =>
        value is null ? values.Length > 0 : values.Contains(SqlWords.FoldAscii(value), StringComparer.Ordinal);

    /// <summary>PostgreSQL compares encoding names by their letters and digits only.</summary>
    private static string EncodingName(string value) => string.Concat(SqlWords.FoldAscii(value).Where(char.IsAsciiLetterOrDigit));
}
