namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The catalogue queries about functions and operators, written as those of <see cref="CatalogSql"/>.</summary>
internal static class FunctionSql
{
    /// <summary>Built-in functions. Result columns with other sessions' texts are found by name among the OUT arguments.</summary>
    public const string BuiltIn = Columns + " WHERE p.oid OPERATOR(pg_catalog.<) 16384";

    /// <summary>Built-in operators.</summary>
    public const string BuiltInOperators = OperatorColumns + " WHERE o.oid OPERATOR(pg_catalog.<) 16384";

    /// <summary>The functions asked for, what aggregates among them are made of, and the definitions of those that are not the server's own. $OIDS is replaced by an array.</summary>
    public const string Functions = Columns + " WHERE p.oid OPERATOR(pg_catalog.=) ANY (" + WithSupport + ")\nUNION ALL\n" + Definitions
        + " WHERE p.oid OPERATOR(pg_catalog.>=) 16384 AND p.oid OPERATOR(pg_catalog.=) ANY (" + WithSupport + ")";

    /// <summary>The operators asked for. $OIDS is replaced by an array.</summary>
    public const string Operators = OperatorColumns + " WHERE o.oid OPERATOR(pg_catalog.=) ANY ($OIDS)";

    private const string Columns = """
        SELECT 'f', p.oid::pg_catalog.text, n.nspname::pg_catalog.text, p.proname::pg_catalog.text, p.provolatile::pg_catalog.text,
          pg_catalog.oidvectortypes(p.proargtypes),
          COALESCE(pg_catalog.array_position((p.proargnames)[p.pronargs OPERATOR(pg_catalog.+) 1:], 'query'::pg_catalog.text),
            pg_catalog.array_position((p.proargnames)[p.pronargs OPERATOR(pg_catalog.+) 1:], 'gid'::pg_catalog.text))::pg_catalog.text,
          (SELECT e.extname::pg_catalog.text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid OPERATOR(pg_catalog.=) d.refobjid
           WHERE d.classid OPERATOR(pg_catalog.=) 1255::pg_catalog.oid AND d.objid OPERATOR(pg_catalog.=) p.oid
             AND d.refclassid OPERATOR(pg_catalog.=) 3079::pg_catalog.oid AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog."char" LIMIT 1)
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
        """;

    /// <summary>
    /// The hash covers everything that decides what a call does: body, language, default arguments, security, volatility, settings. A body
    /// of SQL-standard form is hashed as stored, with the OIDs it is bound to: its printed form depends on the search path.
    /// </summary>
    private const string Definitions = """
        SELECT 'u', p.oid::pg_catalog.text,
          pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.jsonb_build_array(p.prosrc, p.prosqlbody::pg_catalog.text, p.probin,
            l.lanname, p.prosecdef, p.provolatile, p.proconfig, p.proargdefaults::pg_catalog.text)::pg_catalog.text, 'UTF8')), 'hex'),
          (SELECT pg_catalog.string_agg(CASE WHEN t.typnamespace OPERATOR(pg_catalog.=) 11::pg_catalog.oid THEN pg_catalog.format_type(t.oid, NULL)
              WHEN e.typarray OPERATOR(pg_catalog.=) t.oid THEN pg_catalog.concat(x.nspname, '.', e.typname, '[]')
              ELSE pg_catalog.concat(x.nspname, '.', t.typname) END, ',' ORDER BY a.place)
            FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS a(type, place) JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.type
            JOIN pg_catalog.pg_namespace x ON x.oid OPERATOR(pg_catalog.=) t.typnamespace LEFT JOIN pg_catalog.pg_type e ON e.oid OPERATOR(pg_catalog.=) t.typelem),
          pg_catalog.concat(p.prokind, p.prosecdef::pg_catalog.int4, pg_catalog.has_schema_privilege(p.pronamespace, 'CREATE')::pg_catalog.int4, p.proretset::pg_catalog.int4,
            (p.prosrc OPERATOR(pg_catalog.~*) 'execute')::pg_catalog.int4, (
        """ + OnlyReads + """
            )::pg_catalog.int4),
          l.lanname::pg_catalog.text,
          (SELECT pg_catalog.concat_ws(',', g.aggtransfn::pg_catalog.oid, g.aggfinalfn::pg_catalog.oid, g.aggcombinefn::pg_catalog.oid, g.aggserialfn::pg_catalog.oid,
              g.aggdeserialfn::pg_catalog.oid, g.aggmtransfn::pg_catalog.oid, g.aggminvtransfn::pg_catalog.oid, g.aggmfinalfn::pg_catalog.oid)
            FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.=) p.oid),
          NULL
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
        """;

    /// <summary>
    /// Whether a body can only read, whatever volatility it was declared with: none of its words begins a command that changes, locks, tells or
    /// fails by itself, and every name before a parenthesis is a word of the language or the name of functions none of which is volatile.
    /// </summary>
    private const string OnlyReads = """
        p.prosqlbody IS NULL AND l.lanname IN ('sql', 'plpgsql') AND p.prosrc OPERATOR(pg_catalog.!~*) '/\*|--' AND p.prosrc OPERATOR(pg_catalog.!~*)
          ('\m(alter|analyze|assert|call|checkpoint|close|cluster|comment|commit|copy|create|cursor|deallocate|delete|discard|do|drop|execute|explain|fetch|grant'
            '|import|insert|listen|load|lock|merge|move|notify|open|pg_current_xact_id|prepare|raise|reassign|refcursor|refresh|reindex|release|reset|revoke|rollback'
            '|savepoint|security|set|share|start|truncate|txid_current|unlisten|update|vacuum)\M')
          AND (l.lanname OPERATOR(pg_catalog.=) 'plpgsql' OR p.prosrc OPERATOR(pg_catalog.!~*) '\minto\M')
          AND NOT EXISTS (SELECT 1 FROM pg_catalog.regexp_matches(p.prosrc, '([^][:space:](){}.,;:+*/<>=~!@#%^&|`?''[-]+)[[:space:]]*\(', 'g') AS c(name)
            WHERE pg_catalog.lower(c.name[1]) OPERATOR(pg_catalog.<>) ALL ('{select,from,where,in,any,all,some,exists,not,and,or,on,using,as,when,then,else,case,if,elsif,
              elseif,while,return,values,by,over,filter,group,coalesce,nullif,greatest,least,cast,row,array,limit,offset,having,union,except,intersect,distinct,is,
              between,like,ilike,begin,loop,into,perform,trim,char,character,decimal}'::pg_catalog.text[])
            AND (SELECT pg_catalog.bool_and(b.provolatile OPERATOR(pg_catalog.<>) 'v'::pg_catalog."char") FROM pg_catalog.pg_proc b
              WHERE b.proname OPERATOR(pg_catalog.=) pg_catalog.lower(c.name[1])::pg_catalog.name) IS NOT TRUE)
        """;

    private const string WithSupport = """
        $OIDS OPERATOR(pg_catalog.||) ARRAY(SELECT s.o FROM pg_catalog.pg_aggregate g, LATERAL (VALUES (g.aggtransfn::pg_catalog.oid), (g.aggfinalfn::pg_catalog.oid),
          (g.aggcombinefn::pg_catalog.oid), (g.aggserialfn::pg_catalog.oid), (g.aggdeserialfn::pg_catalog.oid), (g.aggmtransfn::pg_catalog.oid),
          (g.aggminvtransfn::pg_catalog.oid), (g.aggmfinalfn::pg_catalog.oid)) s(o)
          WHERE g.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.=) ANY ($OIDS) AND s.o OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid)
        """;

    /// <summary>An operator compares whole values if it is a member of a B-tree (403) or hash (405) operator family as equality, or negates such a one.</summary>
    private const string OperatorColumns = """
        SELECT 'o', o.oid::pg_catalog.text, o.oprcode::pg_catalog.oid::pg_catalog.text,
          EXISTS (SELECT 1 FROM pg_catalog.pg_amop m WHERE (m.amopopr OPERATOR(pg_catalog.=) o.oid OR m.amopopr OPERATOR(pg_catalog.=) o.oprnegate)
            AND (m.amopmethod OPERATOR(pg_catalog.=) 403::pg_catalog.oid AND m.amopstrategy OPERATOR(pg_catalog.=) 3
              OR m.amopmethod OPERATOR(pg_catalog.=) 405::pg_catalog.oid AND m.amopstrategy OPERATOR(pg_catalog.=) 1))::pg_catalog.text,
          NULL, NULL, NULL, NULL
        FROM pg_catalog.pg_operator o
        """;
}
