using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Roles;

/// <summary>The statements that make a role.</summary>
public sealed class RoleSqlTests
{
    private static readonly SessionRoleFacts Facts = new(
        new RoleMarker("0123456789abcdef", "clinic", "ses_1"),
        new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.FromHours(1)),
        ["read\"ers"],
        [KeyValuePair.Create("log_min_messages", "fatal"), KeyValuePair.Create("search_path", "\"$user\", public")]);

    [Fact]
    public async Task A_login_s_statement_holds_its_verifier_and_nowhere_its_password()
    {
        var login = await TemporaryLogin.CreateAsync("sallyport_s_1");
        var sql = RoleSql.Mint(18, Facts, login.Name, login.Verifier);
        Assert.Contains($"PASSWORD '{login.Verifier}'", sql);
        Assert.DoesNotContain(login.Password, sql);
        Assert.DoesNotContain(login.Password, login.ToString());
        Assert.NotEqual(login.Password, (await TemporaryLogin.CreateAsync("sallyport_s_1")).Password);
    }

    [Fact]
    public async Task The_verifier_is_the_one_of_the_password()
    {
        var login = await TemporaryLogin.CreateAsync("sallyport_s_1");
        var parts = login.Verifier.Split('$', ':');
        var keys = await new ScramKeyCache().GetAsync(login.Name, login.Password, Convert.FromBase64String(parts[2]), int.Parse(parts[1]));
        Assert.Equal(["SCRAM-SHA-256", "4096", parts[2], Convert.ToBase64String(keys.StoredKey), Convert.ToBase64String(keys.ServerKey)], parts);
    }

    [Fact]
    public void A_role_can_do_nothing_by_itself_ends_in_UTC_and_gets_settings_and_groups()
    {
        var sql = RoleSql.Mint(15, Facts, "sallyport_s_1", "SCRAM-SHA-256$x");
        Assert.Contains("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT CONNECTION LIMIT 1 ", sql);
        Assert.Contains("VALID UNTIL '2026-11-21 08:00:00+00'", sql);
        Assert.Contains("ALTER ROLE \"sallyport_s_1\" SET \"log_min_messages\" TO 'fatal';", sql);
        Assert.Contains("SET \"search_path\" TO \"$user\", public;", sql);
        Assert.Contains("GRANT \"read\"\"ers\" TO \"sallyport_s_1\";", sql);
    }

    [Theory]
    [InlineData(14, false)]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(18, true)]
    public void From_version_16_on_memberships_cannot_be_entered(int major, bool granular) =>
        Assert.Equal(granular, RoleSql.Mint(major, Facts, "sallyport_s_1", "v").Contains("WITH INHERIT TRUE, SET FALSE;", StringComparison.Ordinal));
}
