using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Sql;

public sealed class SettingPolicyTests
{
    [Theory]
    [InlineData("application_name", "x")]
    [InlineData("DateStyle", "ISO")]
    [InlineData("TimeZone", null)]
    [InlineData("search_path", "")]
    [InlineData("extra_float_digits", "3")]
    [InlineData("client_encoding", "UTF8")]
    [InlineData("client_encoding", "'utf-8'")]
    [InlineData("client_encoding", "Unicode")]
    [InlineData("client_encoding", null)]
    [InlineData("standard_conforming_strings", "ON")]
    [InlineData("standard_conforming_strings", null)]
    [InlineData("backslash_quote", "safe_encoding")]
    [InlineData("backslash_quote", "on")]
    [InlineData("row_security", "on")]
    [InlineData("row_security", "off")]
    [InlineData("transform_null_equals", "off")]
    [InlineData("transform_null_equals", "on")]
    public void Allowed(string name, string? value) => Assert.IsType<SettingVerdict.Allowed>(SettingPolicy.Judge(name, value));

    [Theory]
    [InlineData("search_path", true)]
    [InlineData("TimeZone", true)]
    [InlineData("DateStyle", true)]
    [InlineData(null, true)]
    [InlineData("application_name", false)]
    [InlineData("statement_timeout", false)]
    public void Some_change_what_a_text_means(string? name, bool does) => Assert.Equal(does, SettingPolicy.ChangesMeanings(name));

    [Theory]
    [InlineData("client_encoding", "SQL_ASCII", "setting-pinned")]
    [InlineData("client_encoding", "", "setting-pinned")]
    [InlineData("client_encoding", "auto", "setting-pinned")]
    [InlineData("standard_conforming_strings", "off", "setting-pinned")]
    [InlineData("Standard_Conforming_Strings", "0", "setting-pinned")]
    [InlineData("backslash_quote", "off", "setting-pinned")]
    [InlineData("session_replication_role", "replica", "setting-pinned")]
    [InlineData("debug_print_rewritten", "on", "setting-pinned")]
    [InlineData("debug_pretty_print", null, "setting-pinned")]
    [InlineData("role", "postgres", "setting-pinned")]
    [InlineData("session_authorization", "postgres", "setting-pinned")]
    [InlineData("client_min_messages", "debug1", "setting-pinned")]
    [InlineData("client_min_messages", "log", "setting-pinned")]
    [InlineData("client_min_messages", "info", "setting-pinned")]
    [InlineData("pg_stat_statements.track", "none", "setting-custom")]
    [InlineData("log_min_messages", "debug5", "setting-not-listed")]
    [InlineData("local_preload_libraries", "x", "setting-not-listed")]
    [InlineData("session_preload_libraries", "x", "setting-not-listed")]
    [InlineData("dynamic_library_path", "x", "setting-not-listed")]
    [InlineData("work_mem", "1GB", "setting-not-listed")]
    [InlineData("synchronous_commit", "off", "setting-not-listed")]
    [InlineData("", "x", "setting-not-listed")]
    [InlineData("SSN 123-45-6789", "x", "setting-not-listed")]
    public void Refused(string name, string? value, string rule)
    {
        var refused = Assert.IsType<SettingVerdict.Refused>(SettingPolicy.Judge(name, value));
        Assert.Equal(rule, refused.Rule);
        Assert.DoesNotContain("6789", refused.Reason);
    }

    [Theory]
    [InlineData("notice", "notice")]
    [InlineData("WARNING", "warning")]
    [InlineData("error", "error")]
    [InlineData(null, null)]
    public void Message_levels_from_notice_up_are_the_gateways(string? value, string? level) =>
        Assert.Equal(new SettingVerdict.ClientMinMessages(level), SettingPolicy.Judge("client_min_messages", value));

    [Theory]
    [InlineData("", "")]
    [InlineData("  -c a=b  ", "a=b")]
    [InlineData("-ca=b -c  statement_timeout=5s --Search-Path=x,y", "a=b|statement_timeout=5s|search_path=x,y")]
    [InlineData("-c datestyle=ISO,\\ MDY", "datestyle=ISO, MDY")]
    [InlineData("-c a=\\\\", "a=\\")]
    [InlineData("-c a==b", "a==b")]
    public void Start_up_options_are_split_as_the_server_splits_them(string options, string expected)
    {
        Assert.True(StartupOptions.TryParse(options, out var assignments));
        Assert.Equal(expected, string.Join('|', assignments.Select(assignment => $"{assignment.Key}={assignment.Value}")));
    }

    [Theory]
    [InlineData("-c")]
    [InlineData("-c a")]
    [InlineData("-d 5")]
    [InlineData("-S 1000")]
    [InlineData("a=b")]
    [InlineData("--=b")]
    [InlineData("-c =b")]
    [InlineData("-c a=b -P")]
    public void Other_options_are_not_taken(string options) => Assert.False(StartupOptions.TryParse(options, out _));

    [Fact]
    public void Start_up_options_are_limited()
    {
        var most = string.Concat(Enumerable.Repeat(" -c a=b", StartupOptions.MaxAssignments));
        Assert.True(StartupOptions.TryParse(most, out _));
        Assert.False(StartupOptions.TryParse(most + " -c a=b", out _));
    }
}
