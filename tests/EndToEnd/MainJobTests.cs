using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd;

/// <summary>The whole story once: real provider, real psql over TLS, real command line, real PostgreSQL.</summary>
public sealed class MainJobTests
{
    [Fact]
    public async Task From_sign_in_to_verified_evidence()
    {
        var provider = await Shared.ProviderAsync();
        var (gateway, server, database) = await Shared.GatewayAsync(18, s => s with
        {
            Provider = provider,
            Tls = true,
            Rules = GatewaySettings.StandardRules.Replace("hold: 30s", "hold: 6s", StringComparison.Ordinal),
        });
        await using (gateway)
        {
            // The agent and the people sign in with the command line, each in a home of their own.
            var secret = Path.Combine(TestRun.Subdirectory("agent"), "secret");
            await File.WriteAllTextAsync(secret, OidcProvider.ClientSecret);
            File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var agent = gateway.Cli("agent");
            (await agent.RunAsync(
                "login", "--issuer", provider.Issuer, "--client-id", "agent-1", "--client-secret-file", secret, "--scope", "gate:connect", "--resource", OidcProvider.Resource())).Expect(0);
            var reviewer = await SignedInAsync(gateway, provider, "carol");
            var auditor = await SignedInAsync(gateway, provider, "audrey");
            var token = (await agent.RunAsync("token")).Expect(0).Output.Trim();
            var psql = gateway.Psql(token) with { Environment = new Dictionary<string, string> { ["PGSSLROOTCERT"] = TestCertificates.Instance.AuthorityFile } };
            psql = psql with { SslMode = "verify-full" };

            // 1. Ordinary SQL runs; tagged columns come back masked, all else untouched.
            var values = await PatientValues.OfFirstAsync(server, 20, database);
            var rows = (await psql.QueryAsync("SELECT patient_id, mrn, first_name, last_name, birth_date, gender FROM clinic.patients WHERE patient_id <= 20 ORDER BY 1")).Expect(0);
            Assert.Equal(20, rows.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
            Assert.Matches(@"^1\|\S+\|\[NAME\]\|\[NAME\]\|\d{4}-01-01\|[MF]\n", rows.Output);
            Assert.All(values, value => Assert.DoesNotContain(value, rows.Output));

            // 2. A destructive statement is refused with the rule's name; a write waits, runs when approved, and is refused when nobody decides.
            var script = await psql.ScriptAsync("DROP TABLE clinic.patients;\nROLLBACK;\nSELECT 'the session goes on';");
            Assert.Contains("no-destructive-ddl", script.Error);
            Assert.Contains("the session goes on", script.Output);

            const string Write = "UPDATE clinic.patients SET marital_status = 'W' WHERE patient_id = 3";
            await using (var held = ChildProcess.Start(psql.Launch("--command", Write)))
            {
                held.Input.Close();
                await TestRun.UntilAsync("the write is held", () => held.Error.Contains("apr_", StringComparison.Ordinal) || held.HasExited);
                var id = Regex.Match(held.Error, @"apr_\w+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
                (await reviewer.RunAsync("approvals", "approve", id, "--reason", "ticket 1")).Expect(0);
                Assert.Contains("UPDATE 1", (await held.WaitAsync()).Expect(0).Output);
            }

            Assert.Equal("W", await server.ScalarAsync("SELECT marital_status FROM clinic.patients WHERE patient_id = 3", database));
            var nobody = (await psql.QueryAsync("DELETE FROM clinic.allergies WHERE allergy_id = 1")).Expect(1);
            Assert.Matches(@"ERROR:  NOT EXECUTED - approval apr_\w+ pending: https://localhost:\d+/approvals/apr_\w+ - re-run the same command after approval", nobody.Error);
            Assert.Equal(1L, await server.ScalarAsync("SELECT count(*) FROM clinic.allergies WHERE allergy_id = 1", database));

            // 3. Everything is in the ledger; the auditor verifies the bundle offline, and a changed byte is found.
            await ProveAsync(gateway, auditor);
        }
    }

    private static async Task ProveAsync(GatewayProcess gateway, UserCli auditor)
    {
        var folder = TestRun.Subdirectory("evidence");
        var bundle = Path.Combine(folder, "bundle.zip");
        var key = Path.Combine(folder, "ledger.vkey");
        await File.WriteAllTextAsync(key, (await auditor.RunAsync("ledger", "key")).Expect(0).Output);
        (await auditor.RunAsync("evidence", "export", "--from", "2020-01-01", "--to", "2100-01-01", "--agent", "agent-1", "--out", bundle)).Expect(0);
        await gateway.StopAsync();

        var verified = await auditor.JsonAsync("evidence", "verify", bundle, "--key", key);
        Assert.Equal("verified", verified.GetProperty("verdict").GetString());
        var evidence = ExportedEvidence.Read(bundle);
        Assert.All(
            (string[])["auth.ok", "session.start", "intent", "outcome", "deny", "approval.request", "approval.decide", "session.end"],
            kind => Assert.NotEmpty(evidence.OfKind(kind)));

        var bytes = await File.ReadAllBytesAsync(bundle);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(bundle, bytes);
        Assert.Contains((await auditor.RunAsync("evidence", "verify", bundle, "--key", key)).ExitCode, (int[])[1, 3]);
    }

    private static async Task<UserCli> SignedInAsync(GatewayProcess gateway, OidcProvider provider, string person)
    {
        var cli = gateway.Cli(person);
        await using var login = ChildProcess.Start(cli.Launch(
            "login", "--device", "--issuer", provider.Issuer, "--client-id", OidcProvider.CliClientId, "--scope", "openid gate:connect", "--resource", OidcProvider.Resource()));
        login.Input.Close();
        await TestRun.UntilAsync("the sign-in page is named", () => login.Error.Contains("user_code=", StringComparison.Ordinal) || login.HasExited);
        await OidcProvider.SignInAsync(Regex.Match(login.Error, @"http\S+user_code=\S+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value, person);
        (await login.WaitAsync()).Expect(0);
        Assert.Equal(person, (await cli.JsonAsync("whoami")).GetProperty("name").GetString());
        return cli;
    }
}
