namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>
/// The field maps as text. One line per node type: name, then its fields in the order of PostgreSQL's outfuncs.c. <c>@16</c> = since that major,
/// <c>@-15</c> = up to it. They were taken from the dumps of real servers; a field that differs makes the tree unreadable, which is a denial.
/// </summary>
internal static class ShapeText
{
    private const string NodeLines = """
        Aggref aggfnoid aggtype aggcollid inputcollid aggtranstype aggargtypes aggdirectargs args aggorder aggdistinct aggfilter aggstar aggvariadic aggkind aggpresorted@16 agglevelsup aggsplit aggno aggtransno location
        Alias aliasname colnames
        ArrayCoerceExpr arg elemexpr resulttype resulttypmod resultcollid coerceformat location
        ArrayExpr array_typeid array_collid element_typeid elements multidims list_start@18 list_end@18 location
        BooleanTest arg booltesttype location
        BoolExpr boolop args location
        CaseExpr casetype casecollid arg args defresult location
        CaseTestExpr typeId typeMod collation
        CaseWhen expr result location
        CoalesceExpr coalescetype coalescecollid args location
        CoerceToDomain arg resulttype resulttypmod resultcollid coercionformat location
        CoerceToDomainValue typeId typeMod collation location
        CoerceViaIO arg resulttype resultcollid coerceformat location
        CollateExpr arg collOid location
        CommonTableExpr ctename aliascolnames ctematerialized ctequery search_clause cycle_clause location cterecursive cterefcount ctecolnames ctecoltypes ctecoltypmods ctecolcollations
        Const consttype consttypmod constcollid constlen constbyval constisnull location constvalue
        ConvertRowtypeExpr arg resulttype convertformat location
        CteCycleClause cycle_col_list cycle_mark_column cycle_mark_value cycle_mark_default cycle_path_column location cycle_mark_type cycle_mark_typmod cycle_mark_collation cycle_mark_neop
        CteSearchClause search_col_list search_breadth_first search_seq_column location
        CurrentOfExpr cvarno cursor_name cursor_param
        DistinctExpr opno opfuncid opresulttype opretset opcollid inputcollid args location
        FieldSelect arg fieldnum resulttype resulttypmod resultcollid
        FieldStore arg newvals fieldnums resulttype
        FromExpr fromlist quals
        FuncExpr funcid funcresulttype funcretset funcvariadic funcformat funccollid inputcollid args location
        GroupingFunc args refs cols agglevelsup location
        GroupingSet kind content location
        InferenceElem expr infercollid inferopclass
        JoinExpr jointype isNatural larg rarg usingClause join_using_alias quals alias rtindex
        JsonBehavior btype expr coerce location
        JsonConstructorExpr type args func coercion returning absent_on_null unique location
        JsonExpr op column_name formatted_expr format path_spec returning passing_names passing_values on_empty on_error use_io_coercion use_json_coercion wrapper omit_quotes collation location
        JsonFormat format_type encoding location
        JsonIsPredicate expr format item_type unique_keys location
        JsonReturning format typid typmod
        JsonTablePath value name
        JsonTablePathScan path errorOnError child colMin colMax
        JsonTableSiblingJoin lplan rplan
        JsonValueExpr raw_expr formatted_expr format
        MergeAction matched@-16 matchKind@17 commandType override qual targetList updateColnos
        MergeSupportFunc msftype msfcollid location
        MinMaxExpr minmaxtype minmaxcollid inputcollid op args location
        NamedArgExpr arg name argnumber location
        NextValueExpr seqid typeId
        NullIfExpr opno opfuncid opresulttype opretset opcollid inputcollid args location
        NullTest arg nulltesttype argisrow location
        OnConflictExpr action arbiterElems arbiterWhere constraint onConflictSet onConflictWhere exclRelIndex exclRelTlist
        OpExpr opno opfuncid opresulttype opretset opcollid inputcollid args location
        Param paramkind paramid paramtype paramtypmod paramcollid location
        Query commandType querySource canSetTag utilityStmt resultRelation hasAggs hasWindowFuncs hasTargetSRFs hasSubLinks hasDistinctOn hasRecursive hasModifyingCTE hasForUpdate hasRowSecurity hasGroupRTE@18 isReturn cteList rtable rteperminfos@16 jointree mergeActionList@16 mergeUseOuterJoin@16@-16 mergeTargetRelation@17 mergeJoinCondition@17 targetList override onConflict returningOldAlias@18 returningNewAlias@18 returningList groupClause groupDistinct groupingSets havingQual windowClause distinctClause sortClause limitOffset limitCount limitOption rowMarks setOperations constraintDeps withCheckOptions mergeActionList@15@-15 mergeUseOuterJoin@15@-15 stmt_location stmt_len
        RangeTblFunction funcexpr funccolcount funccolnames funccoltypes funccoltypmods funccolcollations funcparams
        RangeTblRef rtindex
        RelabelType arg resulttype resulttypmod resultcollid relabelformat location
        ReturningExpr retlevelsup retold retexpr
        RowCompareExpr rctype@-17 cmptype@18 opnos opfamilies inputcollids largs rargs
        RowExpr args row_typeid row_format colnames location
        RowMarkClause rti strength waitPolicy pushedDown
        RtePermissionInfo relid inh requiredPerms checkAsUser selectedCols insertedCols updatedCols
        ScalarArrayOpExpr opno opfuncid hashfuncid negfuncid@15 useOr inputcollid args location
        SetOperationStmt op all larg rarg colTypes colTypmods colCollations groupClauses
        SetToDefault typeId typeMod collation location
        SortGroupClause tleSortGroupRef eqop sortop reverse_sort@18 nulls_first hashable
        SqlValueFunction op type typmod location
        SubLink subLinkType subLinkId testexpr operName subselect location
        SubscriptingRef refcontainertype refelemtype refrestype reftypmod refcollid refupperindexpr reflowerindexpr refexpr refassgnexpr
        TableFunc functype@17 ns_uris ns_names docexpr rowexpr colnames coltypes coltypmods colcollations colexprs coldefexprs colvalexprs@17 passingvalexprs@17 notnulls plan@17 ordinalitycol location
        TableSampleClause tsmhandler args repeatable
        TargetEntry expr resno resname ressortgroupref resorigtbl resorigcol resjunk
        Var varno varattno vartype vartypmod varcollid varnullingrels@16 varlevelsup varreturningtype@18 varnosyn varattnosyn location
        WindowClause name refname partitionClause orderClause frameOptions startOffset endOffset runCondition@15@-16 startInRangeFunc endInRangeFunc inRangeColl inRangeAsc inRangeNullsFirst winref copiedOrder
        WindowFunc winfnoid wintype wincollid inputcollid args aggfilter runCondition@17 winref winstar winagg location
        WithCheckOption kind relname polname qual cascaded
        XmlExpr op name named_args arg_names args xmloption indent@16 type typmod location
        """;

    /// <summary>Fields between the common beginning and end of a range table entry, by kind of entry.</summary>
    private static readonly string[] EntryLines =
    [
        "relid inh@17 relkind rellockmode perminfoindex@17 tablesample perminfoindex@16@-16",
        "subquery security_barrier relid@16 inh@17 relkind@16 rellockmode@16 perminfoindex@16",
        "jointype joinmergedcols joinaliasvars joinleftcols joinrightcols join_using_alias",
        "functions funcordinality",
        "tablefunc",
        "values_lists coltypes coltypmods colcollations",
        "ctename ctelevelsup self_reference coltypes coltypmods colcollations",
        "",
        "",
        "groupexprs",
    ];

    private const string EntryStart = "alias eref rtekind ";
    private const string EntryEnd = " lateral inh@-16 inFromCl requiredPerms@-15 checkAsUser@-15 selectedCols@-15 insertedCols@-15 updatedCols@-15 extraUpdatedCols@-15 securityQuals";

    /// <summary>Kinds of entry whose fields are not known here: transition tables, which no client statement can name.</summary>
    private const int NamedTupleStore = 7;

    /// <summary>Kind of entry that majors before 18 do not have.</summary>
    private const int GroupEntry = 9;

    public static string EntryName(int major) => major <= 14 ? "RTE" : "RANGETBLENTRY";

    public static IEnumerable<(NodeKind Kind, string Name, List<string> Fields)> Nodes(int major)
    {
        foreach (var line in NodeLines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var kind = Enum.Parse<NodeKind>(words[0]);
            yield return (kind, DumpName(words[0], major), Select(words.AsSpan(1), major));
        }
    }

    public static IEnumerable<(int Kind, List<string> Fields)> Entries(int major)
    {
        for (var kind = 0; kind < EntryLines.Length; kind++)
        {
            if (kind is NamedTupleStore || (kind is GroupEntry && major < 18))
            {
                continue;
            }

            var words = (EntryStart + EntryLines[kind] + EntryEnd).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            yield return (kind, Select(words, major));
        }
    }

    /// <summary>Major 14 labels some nodes with shorter names.</summary>
    private static string DumpName(string name, int major) => (name, major) switch
    {
        ("ArrayExpr" or "CaseExpr" or "CoalesceExpr" or "MinMaxExpr" or "RowExpr" or "RowCompareExpr" or "CollateExpr", 14) =>
            name.Replace("Expr", "", StringComparison.Ordinal).ToUpperInvariant(),
        ("CaseWhen", 14) => "WHEN",
        _ => name.ToUpperInvariant(),
    };

    private static List<string> Select(ReadOnlySpan<string> words, int major)
    {
        var fields = new List<string>(words.Length);
        foreach (var word in words)
        {
            var parts = word.Split('@');
            if (parts.Skip(1).Select(int.Parse).All(bound => bound < 0 ? major <= -bound : major >= bound))
            {
                fields.Add(parts[0]);
            }
        }

        return fields;
    }
}
