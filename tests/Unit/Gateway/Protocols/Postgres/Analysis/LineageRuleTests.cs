using System.Text;
using System.Text.RegularExpressions;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

/// <summary>Each rule with statements it lets pass and statements it refuses, on the dumps of every major that has them.</summary>
public sealed partial class LineageRuleTests
{
    [Theory]
    [InlineData("computed-predicate", "like,clean_in_tagged,merge_tagged,any_of_tagged_array,any_built,any_cast_text,equality_built")]
    [InlineData("many-values", "in_many,or_many,any_literal_many,any_literal_grid")]
    [InlineData("computed-key", "order_by_computed,group_expression")]
    [InlineData("set-operation", "intersect")]
    [InlineData("limit", "limit_tagged")]
    [InlineData("clock", "unused_volatile")]
    [InlineData("computed-failure", "count_rows_computed,count_rows_window,unused_set_returning")]
    [InlineData("forbidden-function", "read_file,table_to_xml,activity_field,activity_row,activity_nested")]
    [InlineData("side-effect", "sleep_tagged,nextval_tagged")]
    [InlineData("constant-arguments", "set_config_tagged")]
    [InlineData("write-elsewhere", "insert_select,insert_conflict_tagged,update_leak,update_multi")]
    public void A_rule_refuses_what_it_is_for(string rule, string statements) =>
        ForEach(statements, (target, statement) => Assert.Equal(rule, target.Understand(statement).Refusal?.Rule));

    [Theory]
    [InlineData("one,star,alias_columns,literals,odd_names,long_name,deep")]
    [InlineData("in_twenty,any_literal,any_parameter_clean,equality_cast,activity_function")]
    [InlineData("equality,null_test,lower_equality,in_tagged_subselect,join_tagged,exists_in")]
    [InlineData("subquery,scalar_subquery,cte,cte_recursive,cte_search_cycle,natural_join,join_using,union_all,union_clean")]
    [InlineData("group_by,grouping_sets,group_clean_expression,group_functional,aggregates,ordered_set,window,distinct,distinct_on,tablesample")]
    [InlineData("functions_from,record_function,xml,xmltable,sql_value_functions,named_arguments,declared_function,json_query,json_table,json_constructors")]
    [InlineData("view,view_barrier,matview,matview_identity,matview_computed,matview_clean,partition,inheritance,inheritance_child,row_security,for_update")]
    [InlineData("insert,insert_default,insert_values_many,insert_identity,update,update_self,update_from,update_composite,update_view,update_partitioned")]
    [InlineData("delete_all,delete_true,delete_using,delete_correlated,merge,merge_returning,returning_old_new,returning_aliases,cte_writes")]
    [InlineData("catalog,activity,set_config,sleep,nextval,notify,system_columns,advisory_lock,partition_bounds,partition_constraint,count_rows,scalar_equality,statistics_values")]
    [InlineData("computed,case,array,composite,whole_row,aggregate_tagged,view_computed,cast_io,lateral_values,full_join,count_distinct_rows,cte_computed")]
    [InlineData("union_all_mixed,cte_recursive_tagged,window_tagged,function_from_tagged,exists_computed,values_computed,unused_locked,unused_written")]
    [InlineData("set_returning_target,table_function_tagged,any_parameter")]
    public void Nothing_else_is_refused(string statements) =>
        ForEach(statements, (target, statement) => Assert.Null(target.Understand(statement).Refusal));

    [Theory]
    [InlineData("star", "-,-,MRN,NAME,PHONE,DATE,NAME,ADDRESS,DERIVED,-,-")]
    [InlineData("alias_columns", "NAME,MRN")]
    [InlineData("subquery", "NAME")]
    [InlineData("scalar_subquery", "NAME,NAME")]
    [InlineData("cte", "NAME")]
    [InlineData("view", "NAME,-")]
    [InlineData("view_barrier", "NAME")]
    [InlineData("matview", "-,-")]
    [InlineData("matview_identity", "MRN")]
    [InlineData("matview_computed", "DERIVED")]
    [InlineData("partition", "MRN,-")]
    [InlineData("inheritance", "LABEL")]
    [InlineData("inheritance_child", "LABEL,NAME")]
    [InlineData("row_security", "-,NOTE")]
    [InlineData("group_by", "NAME,-,-")]
    [InlineData("distinct", "NAME")]
    [InlineData("union_all", "NAME")]
    [InlineData("join_using", "MRN,-,NAME")]
    [InlineData("insert", "-,NAME")]
    [InlineData("delete_using", "MRN")]
    [InlineData("update_view", "NAME")]
    [InlineData("returning_old_new", "NAME,-")]
    [InlineData("activity", "-,-,SQLTEXT")]
    [InlineData("statistics_values", "SYSTEM,-")]
    [InlineData("aggregates", "-,-,-,-,-")]
    [InlineData("computed", "~NAME,~NAME,~MRN")]
    [InlineData("case", "-,~NAME,-,-,-")]
    [InlineData("array", "-,~NAME,~NAME,-,-")]
    [InlineData("composite", "~ADDRESS,ADDRESS,-,-,~NAME")]
    [InlineData("whole_row", "~MRN,~MRN,~MRN,-")]
    [InlineData("cast_relabel", "PHONE,MRN,NAME,NAME,~NAME")]
    [InlineData("cast_io", "~DATE,-,-")]
    [InlineData("aggregate_tagged", "~NAME,~MRN")]
    [InlineData("view_computed", "~NAME")]
    [InlineData("full_join", "~MRN")]
    [InlineData("window_tagged", "~NAME")]
    [InlineData("union_all_mixed", "~NAME")]
    [InlineData("cte_recursive_tagged", "NAME")]
    [InlineData("count_rows", "-")]
    [InlineData("count_distinct_rows", "~NAME")]
    [InlineData("set_returning_target", "-,~NAME")]
    [InlineData("table_function_tagged", "~NAME")]
    [InlineData("user_function", "~FUNCTION")]
    public void Stored_columns_keep_their_tag_wherever_they_come_out_and_computed_ones_are_marked(string statement, string tags) =>
        ForEach(statement, (target, name) => Assert.Equal(tags, string.Join(',', target.Understand(name).Outputs.Select(output => (output.IsDerived ? "~" : "") + (output.Tag ?? "-")))));

    [Theory]
    [InlineData("delete_all", true)]
    [InlineData("delete_true", true)]
    [InlineData("delete_using", true)]
    [InlineData("update_leak", true)]
    [InlineData("delete_same_column,delete_not_null,delete_where_true,update_or_true,delete_or_constant,delete_truth_value,delete_not_in,delete_not_equal", true)]
    [InlineData("delete_in_itself,delete_exists_itself,delete_exists_uncorrelated,delete_exists_aggregate,delete_using_itself,delete_with_itself", true)]
    [InlineData("merge_all,merge_returning", true)]
    [InlineData("delete_or,delete_and,delete_range,delete_in,delete_in_select,delete_in_bounded,delete_using_joined,delete_with_bounded,update_from,update_partitioned", false)]
    [InlineData("merge,merge_all_condition,merge_insert_only,merge_by_source", false)]
    [InlineData("delete_correlated", false)]
    [InlineData("update", false)]
    [InlineData("update_view", false)]
    public void A_write_is_bounded_by_conditions_that_compare_its_target(string statement, bool unbounded) =>
        ForEach(statement, (target, name) => Assert.Equal(unbounded, target.Understand(name).Unbounded));

    [Theory]
    [InlineData("one", CommandClass.Read, Effects.None)]
    [InlineData("for_update", CommandClass.Read, Effects.Lock)]
    [InlineData("insert", CommandClass.Write, Effects.Insert)]
    [InlineData("insert_values_many", CommandClass.Write, Effects.Insert | Effects.Update)]
    [InlineData("update", CommandClass.Write, Effects.Update)]
    [InlineData("cte_writes", CommandClass.Write, Effects.Delete)]
    [InlineData("merge", CommandClass.Write, Effects.Merge | Effects.Update | Effects.Delete | Effects.Insert)]
    [InlineData("nextval", CommandClass.Write, Effects.Update)]
    [InlineData("notify", CommandClass.Read, Effects.Notify)]
    public void Class_and_effects_are_those_of_the_whole_statement(string statement, CommandClass expected, Effects effects) =>
        ForEach(statement, (target, name) => Assert.Equal((expected, effects), (target.Understand(name).Class, target.Understand(name).Effects)));

    [Fact]
    public void An_array_constant_whose_header_cannot_be_read_is_refused() =>
        ForEach("any_literal_many", (target, name) =>
        {
            var dump = Encoding.UTF8.GetString(target.Dump(name)).ReplaceLineEndings(" ");
            var damaged = ArrayHeader().Replace(dump, match => match.Groups[1].Value + " 9 0 0 0 ");
            Assert.NotEqual(dump, damaged);
            var analysis = Assert.IsType<AnalysisOutcome.Understood>(target.Analyze(Encoding.UTF8.GetBytes(damaged))).Analysis;
            Assert.Equal("computed-predicate", analysis.Refusal?.Rule);
        });

    [Fact]
    public void A_view_counts_as_the_relation_the_caller_named_and_its_tables_are_reached_indirectly() =>
        ForEach("view", (target, name) => Assert.Equal(
            [new RelationUse("ward", "directory", RelationAccess.Read), new RelationUse("ward", "patients", RelationAccess.Read, Indirect: true)],
            target.Understand(name).Relations.Order(Comparer<RelationUse>.Create((x, y) => string.CompareOrdinal(x.Name, y.Name)))));

    [Fact]
    public void A_view_that_is_written_through_counts_as_written() =>
        ForEach("update_view", (target, name) => Assert.Contains(new RelationUse("ward", "low_risk", RelationAccess.Write), target.Understand(name).Relations));

    [Fact]
    public void A_target_is_written_and_what_returns_from_it_is_read() =>
        ForEach("insert", (target, name) => Assert.Equal(
            [new RelationUse("ward", "patients", RelationAccess.Write), new RelationUse("ward", "patients", RelationAccess.Read)],
            target.Understand(name).Relations));

    [Fact]
    public void Own_functions_are_named_and_built_in_ones_are_not() =>
        ForEach("declared_function", (target, name) => Assert.Equal(["ward.age"], target.Understand(name).Functions));

    [Fact]
    public void Constants_of_set_config_are_handed_to_the_settings_policy() =>
        ForEach("set_config", (target, name) =>
        {
            var call = Assert.Single(target.Understand(name).SetConfigCalls);
            Assert.Equal(("search_path", "ward", false), (call.Name, call.Value, call.IsLocal));
        });

    [Fact]
    public void Utility_statements_are_only_recognised() =>
        ForEach("utility_show,utility_declare,utility_create,select_into", (target, name) => Assert.True(target.Understand(name).IsUtility));

    [Fact]
    public void A_statement_on_untagged_columns_of_a_tagged_table_still_hides_its_error_texts() =>
        ForEach("group_clean_expression", (target, name) =>
        {
            var analysis = target.Understand(name);
            Assert.True(analysis.TouchesPhi);
            Assert.Empty(analysis.PhiColumns);
        });

    /// <summary>The length word of an array with one dimension, and the number of dimensions behind it.</summary>
    [GeneratedRegex(@"(:constvalue \d+ \[ -?\d+ -?\d+ \d+ \d+) 1 0 0 0 ", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ArrayHeader();

    private static void ForEach(string statements, Action<GoldenTarget, string> check)
    {
        foreach (var major in GoldenTarget.Majors)
        {
            var target = new GoldenTarget(major);
            foreach (var statement in statements.Split(',').Where(target.Has))
            {
                check(target, statement);
            }
        }
    }
}
