using System.Collections.Frozen;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>The words any template may hold: PostgreSQL's keywords (14 to 18), common built-in names, and parameters clients may set.</summary>
internal static class SqlVocabulary
{
    /// <summary>Reserved keywords and the verbs of statements: written in capitals.</summary>
    private const string LoudKeywords = """
        abort all alter analyse analyze and any array as asc asymmetric authorization begin between binary both by call case cast check checkpoint
        close cluster coalesce collate collation column comment commit concurrently constraint copy create cross current_catalog current_date
        current_role current_schema current_time current_timestamp current_user deallocate declare default deferrable delete desc discard distinct
        do drop else end except execute exists explain false fetch for foreign freeze from full grant group having ilike import in initially inner
        insert intersect into is isnull join lateral leading left like limit listen load localtime localtimestamp lock merge move natural not notify
        notnull null nullif offset on only or order outer overlaps placing prepare primary reassign references refresh reindex release reset
        returning revoke right rollback savepoint select session_user set show similar some start stdin stdout symmetric system_user table
        tablesample then to trailing true truncate union unique unlisten update user using vacuum values variadic verbose when where window with
        """;

    /// <summary>All other keywords, which may also be names: written small.</summary>
    private const string QuietKeywords = """
        absent absolute access action add admin after aggregate also always asensitive assertion assignment at atomic attach attribute backward
        before bigint bit boolean breadth cache called cascade cascaded catalog chain char character characteristics class columns comments
        committed compression conditional configuration conflict connection constraints content continue conversion cost csv cube current cursor
        cycle data database day dec decimal defaults deferred definer delimiter delimiters depends depth detach dictionary disable document domain
        double each empty enable encoding encrypted enforced enum error escape event exclude excluding exclusive expression extension external
        extract family filter finalize first float following force format forward function functions generated global granted greatest grouping
        groups handler header hold hour identity if immediate immutable implicit include including increment indent index indexes inherit inherits
        inline inout input insensitive instead int integer interval invoker isolation json json_array json_arrayagg json_exists json_object
        json_objectagg json_query json_scalar json_serialize json_table json_value keep key keys label language large last leakproof least level
        local location locked logged mapping match matched materialized maxvalue merge_action method minute minvalue mode month name names national
        nchar nested new next nfc nfd nfkc nfkd no none normalize normalized nothing nowait nulls numeric object objects of off oids old omit
        operator option options ordinality others out over overlay overriding owned owner parallel parameter parser partial partition passing
        password path period plan plans policy position preceding precision prepared preserve prior privileges procedural procedure procedures
        program publication quote quotes range read real recheck recursive ref referencing relative rename repeatable replace replica restart
        restrict return returns role rollup routine routines row rows rule scalar schema schemas scroll search second security sequence sequences
        serializable server session setof sets share simple skip smallint snapshot source sql stable standalone statement statistics storage stored
        strict string strip subscription substring support sysid system tables tablespace target temp template temporary text ties time timestamp
        transaction transform treat trigger trim trusted type types uescape unbounded uncommitted unconditional unencrypted unknown unlogged until
        valid validate validator value varchar varying version view views virtual volatile whitespace within without work wrapper write xml
        xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable year yes zone
        """;

    /// <summary>Built-in types, functions and schemas that templates should keep even before the catalogue was read.</summary>
    private const string Names = """
        abs age anyelement array_agg array_length array_to_string avg bigserial bool bool_and bool_or bpchar btrim bytea cardinality ceil
        char_length cidr citext clock_timestamp col_description concat concat_ws corr count current_database current_schemas current_setting currval
        date date_bin date_part date_trunc daterange decode dense_rank encode every first_value float4 float8 floor format_type gen_random_uuid
        generate_series has_column_privilege has_schema_privilege has_table_privilege hstore inet information_schema initcap int2 int4 int4range
        int8 int8range json_agg json_build_array json_build_object json_object_agg jsonb jsonb_agg jsonb_array_elements jsonb_array_elements_text
        jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_object_agg jsonb_object_keys jsonb_set jsonpath lag last_value lead
        length lower lpad ltrim macaddr make_date make_interval max md5 min mod money nextval now ntile numrange obj_description octet_length oid
        percent_rank percentile_cont percentile_disc pg_backend_pid pg_catalog pg_get_constraintdef pg_get_expr pg_get_indexdef pg_get_userbyid
        pg_get_viewdef pg_relation_size pg_sleep pg_table_is_visible pg_table_size pg_temp pg_toast pg_total_relation_size pg_typeof point power
        public quote_ident quote_literal random rank record regclass regexp_match regexp_matches regexp_replace regexp_split_to_array
        regexp_split_to_table regnamespace regproc regtype repeat reverse round row_number row_to_json rpad rtrim serial set_config setval sign
        smallserial split_part sqrt statement_timestamp stddev string_agg string_to_array strpos substr sum timestamptz timetz to_char to_date
        to_json to_jsonb to_number to_regclass to_timestamp to_tsquery to_tsvector translate trunc tsquery tsrange tstzrange tsvector unnest upper
        uuid varbit variance void width_bucket xid
        """;

    /// <summary>Longest word of the vocabulary; longer ones need no look-up.</summary>
    private const int MaxLetters = 40;

    private static readonly FrozenSet<string> Loud = Words(LoudKeywords).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Keywords = Words(LoudKeywords).Concat(Words(QuietKeywords)).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> All =
        Keywords.Concat(Words(Names)).Concat(SettingPolicy.Free).Append("client_min_messages").Append("client_encoding").ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a word is a keyword of any kind.</summary>
    /// <param name="lowerCased">ASCII, lower case.</param>
    public static bool IsKeyword(ReadOnlySpan<byte> lowerCased) => Has(Keywords, lowerCased);

    /// <summary>Whether a keyword is written in capitals.</summary>
    public static bool IsLoud(ReadOnlySpan<byte> lowerCased) => Has(Loud, lowerCased);

    /// <summary>Whether a word is in the vocabulary at all.</summary>
    public static bool Contains(ReadOnlySpan<byte> lowerCased) => Has(All, lowerCased);

    private static bool Has(FrozenSet<string> words, ReadOnlySpan<byte> lowerCased)
    {
        Span<char> letters = stackalloc char[MaxLetters];
        return lowerCased.Length <= MaxLetters
            && Ascii.ToUtf16(lowerCased, letters, out var length) == System.Buffers.OperationStatus.Done
            && words.GetAlternateLookup<ReadOnlySpan<char>>().Contains(letters[..length]);
    }

    private static string[] Words(string list) => list.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
