namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>Whether a call can fail because of the values it gets: a failure, or none, is one bit of them.</summary>
internal enum FailureKind : byte
{
    /// <summary>Never, whatever the arguments.</summary>
    Never,

    /// <summary>Not because of its first argument; the others must not come from tagged values.</summary>
    NotByFirst,

    /// <summary>Not because of its second argument; the others must not come from tagged values.</summary>
    NotBySecond,

    /// <summary>When a number is out of the range that other arguments give.</summary>
    Position,

    /// <summary>When the second argument is zero.</summary>
    Division,

    /// <summary>When a number does not fit: constants beside a tagged value choose what the failure asks.</summary>
    Arithmetic,

    /// <summary>When a value is not of the right form; and everything that is not known.</summary>
    Other,
}

/// <summary>Which of the server's own functions can fail, by name. What is not listed can.</summary>
internal static class FailureRules
{
    /// <summary>Names of types as they begin the names of comparison functions.</summary>
    private static readonly HashSet<string> ComparedTypes = Words("""
        bool char name text bpchar text_pattern bpchar_pattern int2 int4 int8 int24 int42 int28 int82 int48 int84 oid oidvector float4 float8 float48
        float84 date time timetz timestamp timestamptz timestamp_timestamptz timestamptz_timestamp date_timestamp date_timestamptz timestamp_date
        timestamptz_date interval numeric cash macaddr macaddr8 network bit varbit bytea uuid enum array record record_image jsonb range multirange
        tsvector tsquery pg_lsn tid xid xidneqint4 nametext textname
        """);

    private static readonly string[] ComparisonEndings = ["_larger", "_smaller", "larger", "smaller", "_cmp", "cmp", "_eq", "_ne", "_lt", "_le", "_gt", "_ge", "eq", "ne", "lt", "le", "gt", "ge"];

    private static readonly HashSet<string> Total = Words("""
        lower upper initcap btrim ltrim rtrim textcat anytextcat textanycat concat concat_ws length char_length character_length octet_length bit_length
        reverse md5 sha224 sha256 sha384 sha512 ascii strpos position starts_with replace translate left right quote_ident quote_literal quote_nullable
        to_hex to_ascii hashtext hashtextextended hashvarlena hashint4 hashint8 hashfloat8 hashbpchar text varchar bpchar name bool
        text_larger text_smaller chareq textlen byteacat string_to_array array_to_string array_to_json row_to_json to_json to_jsonb json_typeof
        jsonb_typeof jsonb_object_field jsonb_object_field_text jsonb_array_element jsonb_array_element_text jsonb_extract_path jsonb_extract_path_text
        json_object_field json_object_field_text json_array_element json_array_element_text json_extract_path json_extract_path_text jsonb_contains
        jsonb_contained jsonb_exists jsonb_exists_any jsonb_exists_all jsonb_pretty json_build_array jsonb_build_array json_strip_nulls jsonb_strip_nulls
        array_length array_ndims array_dims array_lower array_upper cardinality array_position array_positions array_remove array_replace
        arraycontains arraycontained arrayoverlap num_nulls num_nonnulls unnest to_tsvector strip tsvector_to_array
        tsvector_concat ts_match_vq ts_match_qv ts_rank ts_rank_cd ts_lexize ts_headline plainto_tsquery phraseto_tsquery websearch_to_tsquery numnode
        age date_mi isfinite host masklen netmask network broadcast hostmask family abbrev lower_inc upper_inc lower_inf upper_inf
        isempty range_contains range_contains_elem range_overlaps record_send textsend byteasend uuid_send jsonb_send numeric_add numeric_sub
        numeric_abs numeric_uminus numeric_uplus ceil ceiling floor sign abs trunc int4abs int4not int4and int4or
        int4xor int8and int8or int8xor int8not int2and int2or int2xor float8pl float8mi float8um float8up float8abs float8 numeric
        timestamptz timestamp date time timetz interval justify_days justify_hours justify_interval count max min array_agg string_agg json_agg jsonb_agg
        crc32 crc32c any_value bool_and bool_or every sum avg stddev stddev_pop stddev_samp variance var_pop var_samp mode
        row_number rank dense_rank percent_rank cume_dist lag lead first_value last_value pg_typeof pg_column_size now
        int2shl int2shr int4shl int4shr int8shl int8shr xmlagg boolne booleq range_adjacent lseg_length oidvectortypes format_type
        """);

    /// <summary>A constant pattern, format or position fails or does not, whatever the tagged value in front of it is.</summary>
    private static readonly HashSet<string> ByOthersOnly = Words("""
        substr substring repeat lpad rpad split_part overlay encode textlike textnlike texticlike texticnlike bpcharlike bpcharnlike bpchariclike bpcharicnlike
        namelike namenlike bytealike byteanlike textregexeq textregexne texticregexeq texticregexne bpcharregexeq bpcharregexne nameregexeq nameregexne
        regexp_replace regexp_matches regexp_split_to_array regexp_split_to_table regexp_match regexp_like regexp_count regexp_instr regexp_substr
        to_char round string_to_table normalize is_normalized jsonb_path_exists_opr jsonb_path_match_opr like_escape
        jsonb_to_tsvector array_fill
        """);

    private static readonly HashSet<string> Dividing = Words("""
        numeric_div numeric_mod int4div int8div int2div int24div int42div int48div int84div int28div int82div int4mod int8mod int2mod mod div
        interval_div cash_div_int4 cash_div_int8 cash_div_flt8 float8div float4div float48div float84div numeric_div_trunc
        """);

    private static readonly HashSet<string> Positions = Words("nth_value ntile get_byte get_bit set_byte set_bit");

    /// <summary>What replaces chosen parts of a text: whether the result then has the form of a number, say, is a question of the agent's choice.</summary>
    private static readonly HashSet<string> Editing = Words("replace translate overlay regexp_replace regexp_substr regexp_match");

    private static readonly HashSet<string> ByFirstOnly = Words("date_part extract date_trunc timezone");

    private static readonly HashSet<string> Numeric = Words("""
        char numeric_mul make_interval int2pl int4pl int8pl int24pl int42pl int48pl int84pl int28pl int82pl int2mi int4mi int8mi int24mi int42mi int48mi int84mi int28mi int82mi int2mul
        int4mul int8mul int24mul int42mul int48mul int84mul int28mul int82mul int2um int4um int8um float4mul float8mul float48mul float84mul
        float4pl float4mi float48pl float84pl sqrt dsqrt cbrt ln log log10 exp power pow dpow dexp dlog1 dlog10 numeric_sqrt numeric_ln numeric_log
        numeric_exp numeric_power factorial gcd lcm int2 int4 int8 float4 date_pli date_mii date_pl_interval date_mi_interval timestamp_pl_interval timestamp_mi_interval timestamptz_pl_interval
        timestamptz_mi_interval interval_mul mul_d_interval interval_pl interval_mi timestamp_mi timestamptz_mi chr cash_pl
        cash_mi cash_mul_int4 cash_mul_flt8 cash_mul_int8 width_bucket make_date make_time make_timestamp make_timestamptz asin acos atanh acosh tan cot
        int4range int8range numrange daterange tsrange tstzrange range_union range_minus
        """);

    /// <summary>Casts to a wider number, by OID since they have the names of the narrowing ones: from int2 or int4 to int4, int8, float4.</summary>
    private static readonly HashSet<uint> Widening = [313, 481, 754, 236, 318];

    /// <summary><c>array_agg</c> of arrays, which must all have as many elements.</summary>
    private const uint ArrayAggOfArrays = 4053;

    /// <summary>What is known of a function in <c>pg_catalog</c>; of any other nothing is.</summary>
    public static FailureKind Of(uint oid, string schema, string name, bool isOwn)
    {
        if (isOwn || schema is not "pg_catalog" || oid == ArrayAggOfArrays)
        {
            return FailureKind.Other;
        }

        return Total.Contains(name) || Widening.Contains(oid) || IsComparison(name) ? FailureKind.Never
            : ByOthersOnly.Contains(name) ? FailureKind.NotByFirst
            : ByFirstOnly.Contains(name) ? FailureKind.NotBySecond
            : Positions.Contains(name) ? FailureKind.Position
            : Dividing.Contains(name) ? FailureKind.Division
            : Numeric.Contains(name) ? FailureKind.Arithmetic
            : FailureKind.Other;
    }

    /// <summary>Whether a function of <c>pg_catalog</c> edits texts as its constants say.</summary>
    public static bool Edits(string schema, string name, bool isOwn) => !isOwn && schema is "pg_catalog" && Editing.Contains(name);

    private static bool IsComparison(string name)
    {
        foreach (var ending in ComparisonEndings)
        {
            if (name.EndsWith(ending, StringComparison.Ordinal) && ComparedTypes.Contains(name[..^ending.Length]))
            {
                return true;
            }
        }

        return false;
    }

    private static HashSet<string> Words(string text) => new(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
}
