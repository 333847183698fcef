namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>
/// The verdicts on functions, by name but resolved against the server's own catalogue: a rule for a built-in matches only an OID below 16384
/// in <c>pg_catalog</c>, so a function of the same name elsewhere gains nothing.
/// </summary>
internal static class FunctionRules
{
    /// <summary>Stable functions that read data or other sessions' texts by name or number.</summary>
    private static readonly HashSet<string> ForbiddenStable = new(StringComparer.Ordinal)
    {
        "table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema",
        "schema_to_xml", "schema_to_xmlschema", "schema_to_xml_and_xmlschema",
        "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema",
        "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema",
        "ts_stat", "pg_stat_get_backend_activity",
    };

    /// <summary>Volatile functions that only report on the server or the caller's own session.</summary>
    private static readonly HashSet<string> ReportingVolatile = new(StringComparer.Ordinal)
    {
        "clock_timestamp", "timeofday", "current_query", "gen_random_uuid", "uuidv4", "uuidv7", "currval", "lastval",
        "pg_relation_size", "pg_total_relation_size", "pg_table_size", "pg_indexes_size", "pg_database_size", "pg_tablespace_size",
        "pg_lock_status", "pg_blocking_pids", "pg_safe_snapshot_blocking_pids", "pg_listening_channels", "pg_notification_queue_usage",
        "pg_is_in_recovery", "pg_is_wal_replay_paused", "pg_current_wal_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_flush_lsn",
        "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp", "pg_sequence_last_value",
        "pg_timezone_names", "pg_timezone_abbrevs", "pg_xact_status", "txid_status", "pg_xact_commit_timestamp", "pg_last_committed_xact",
        "pg_prepared_xact", "pg_get_shmem_allocations", "pg_get_backend_memory_contexts", "pg_collation_actual_version", "pg_database_collation_actual_version", "pg_stat_have_stats",
        "pg_get_wait_events", "pg_partition_tree", "pg_partition_ancestors", "pg_get_wal_replay_pause_state", "pg_get_aios",
        "pg_get_shmem_allocations_numa", "pg_stat_clear_snapshot", "pg_show_replication_origin_status", "pg_jit_available",
        "array_sample", "array_shuffle",
    };

    private static readonly HashSet<string> SideEffects = new(StringComparer.Ordinal)
    {
        "random", "random_normal", "setseed", "txid_current", "txid_current_if_assigned", "pg_current_xact_id",
        "pg_current_xact_id_if_assigned", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "pg_export_snapshot",
    };

    private static readonly HashSet<string> ConstantSideEffects = new(StringComparer.Ordinal)
    {
        "setval", "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_shared", "pg_advisory_unlock_all",
        "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared",
        "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
    };

    /// <summary>Extensions whose non-volatile functions depend on their arguments only.</summary>
    private static readonly HashSet<string> PureExtensions = new(StringComparer.Ordinal)
    {
        "hstore", "citext", "pg_trgm", "ltree", "fuzzystrmatch", "unaccent", "pgcrypto", "btree_gin", "btree_gist",
        "uuid-ossp", "cube", "earthdistance", "intarray", "isn", "seg",
    };

    /// <summary>Volatile functions of those extensions that depend on their arguments and on chance only.</summary>
    private static readonly HashSet<string> RandomOfExtensions = new(StringComparer.Ordinal)
    {
        "gen_random_uuid", "gen_random_bytes", "gen_salt", "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4",
        "pgp_sym_encrypt", "pgp_sym_encrypt_bytea", "pgp_pub_encrypt", "pgp_pub_encrypt_bytea",
    };

    public static FunctionVerdict Judge(in FunctionRow row)
    {
        if (row.Schema is "pg_catalog" && row.Oid < TargetCatalog.FirstNormalOid)
        {
            return JudgeBuiltIn(row);
        }

        if (row.Schema is "information_schema" && row.Oid < TargetCatalog.FirstNormalOid)
        {
            return FunctionVerdict.Pure;
        }

        return row.Extension switch
        {
            "pg_stat_statements" => row.Name is "pg_stat_statements" or "pg_stat_statements_info" ? FunctionVerdict.Pure : FunctionVerdict.Forbidden,
            { Length: > 0 } extension when PureExtensions.Contains(extension) =>
                !row.IsVolatile || RandomOfExtensions.Contains(row.Name) ? FunctionVerdict.Pure : FunctionVerdict.Forbidden,
            { Length: > 0 } => FunctionVerdict.Forbidden,
            _ => FunctionVerdict.Unclassified,
        };
    }

    /// <summary>Counters behind the statistics views; the one that reads another session's SQL text is in the list above.</summary>
    private static bool IsStatistic(string name) => name.StartsWith("pg_stat_get_", StringComparison.Ordinal);

    private static FunctionVerdict JudgeBuiltIn(in FunctionRow row) => row.Name switch
    {
        "set_config" => FunctionVerdict.SetConfig,
        "pg_notify" => FunctionVerdict.Notify,
        "nextval" => FunctionVerdict.Sequence,
        "pg_get_partition_constraintdef" => FunctionVerdict.PartitionBound,
        var name when ForbiddenStable.Contains(name) => FunctionVerdict.Forbidden,
        var name when SideEffects.Contains(name) => FunctionVerdict.SideEffect,
        var name when ConstantSideEffects.Contains(name) => FunctionVerdict.ConstantSideEffect,
        var name when row.IsVolatile => ReportingVolatile.Contains(name) || IsStatistic(name) ? FunctionVerdict.Pure : FunctionVerdict.Forbidden,
        _ => FunctionVerdict.Pure,
    };
}

/// <summary>One row of <c>pg_proc</c> as loaded.</summary>
internal readonly record struct FunctionRow(uint Oid, string Schema, string Name, bool IsVolatile, string Signature, string Extension);
