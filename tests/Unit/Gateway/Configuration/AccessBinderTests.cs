using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

/// <summary><c>access:</c> and <c>breakGlass:</c>.</summary>
public sealed class AccessBinderTests : IDisposable
{
    private const string Rest = SampleText.Targets + """
          - {name: floored, kind: postgres, address: db.internal, database: ward, mode: floor, credential: {user: sallyport}}
        phi: {clinic: {clinic.patients.mrn: MRN}, floored: {ward.beds.who: NAME}}

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_rule_is_read_as_it_is_meant()
    {
        var configuration = Load("""
            access:
              - name: reads
                groups: [agents]
                kinds: [agent]
                target: clinic
                allow: [read]
                schemas: [clinic]
                approvers: [[officers, dpo], owners]
                quorum: 3
                maxDuration: 8h
                expires: 30m
                hours: {days: [mon, fri], from: "08:00", until: "18:30", zone: Europe/Berlin}
              - {name: quick, principals: [agent-etl], target: clinic, allow: read, verdict: auto, maxDuration: 10m}
            breakGlass:
              - {name: night, groups: [responders], target: clinic, allow: [read, write], schemas: [clinic], duration: 1h, reviewers: [officers], reviewWithin: 2d}
            """).Configuration!;

        var rules = configuration.Policy.Access.Rules;
        Assert.Equal(["reads", "quick"], rules.Select(r => r.Name));
        Assert.Equal([["officers", "dpo"], ["owners"]], rules[0].Approvers.Select(g => g.ToArray()));
        Assert.Equal((3, false, TimeSpan.FromHours(8), TimeSpan.FromMinutes(30)), (rules[0].Quorum, rules[0].IsAutomatic, rules[0].MaxLength, rules[0].Expires));
        Assert.Equal([PrincipalKind.Agent], rules[0].Kinds);
        Assert.Equal((new TimeOnly(18, 30), "Europe/Berlin"), (rules[0].Hours!.Until, rules[0].Hours!.Zone.Id));
        Assert.True(rules[1].IsAutomatic);
        var emergency = Assert.Single(configuration.Policy.Access.BreakGlass);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromDays(2)), (emergency.Length, emergency.ReviewWithin));
        Assert.Equal(["officers", "dpo", "owners"], configuration.Roles.Reviewer);
    }

    [Theory]
    [InlineData("{name: a, target: clinic, allow: [read], approvers: [o], maxDuration: 1h}", "nobody may ask by this access rule")]
    [InlineData("{name: a, groups: [g], target: nowhere, allow: [read], approvers: [o], maxDuration: 1h}", "target nowhere does not exist in this file")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], maxDuration: 1h}", "access[1].approvers is missing")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], approvers: [o]}", "access[1].maxDuration is missing")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [admin], approvers: [o], maxDuration: 1h}", "admin cannot be granted")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [write], verdict: auto, maxDuration: 1h}", "only reading can be given without a person")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], quorum: 2, verdict: auto, maxDuration: 1h}", "quorum means nothing with verdict: auto")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], unmasked: [clinic.patients.mrn], verdict: auto, maxDuration: 1h}", "only people can let columns be read unmasked")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], unmasked: [clinic.patients.zip], approvers: [o], maxDuration: 1h}", "clinic.patients.zip has no tag at target clinic")]
    [InlineData("{name: a, groups: [g], target: floored, allow: [read], unmasked: [ward.beds.who], approvers: [o], maxDuration: 1h}", "target floored has mode: floor, so its database keeps tagged columns to itself")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], approvers: [[a], [b]], quorum: 1, maxDuration: 1h}", "quorum is smaller than the number of groups that all have to agree")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], approvers: [[a], []], maxDuration: 1h}", "a list of approvers is empty or holds something that is not a text")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], approvers: [o], maxDuration: 31d}", "access[1].maxDuration is out of range")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], approvers: [o], maxDuration: 1h, hours: {from: \"8\", until: \"18:00\", zone: UTC}}", "from is not a time of day")]
    [InlineData("{name: a, groups: [g], target: clinic, allow: [read], approvers: [o], maxDuration: 1h, hours: {days: [noday], from: \"08:00\", until: \"18:00\", zone: Mars/Olympus}}", "time zone Mars/Olympus is not known to this machine")]
    public void A_mistake_is_named(string rule, string problem) => Assert.Contains(problem, Load($"access:\n  - {rule}\n").Problems.Select(p => p.Message));

    [Fact]
    public void An_emergency_access_needs_reviewers_and_a_name_of_its_own() =>
        Assert.Equal(
            ["breakGlass[1].reviewers is missing", "access rule a stands here a second time"],
            Load("access:\n  - {name: a, groups: [g], target: clinic, allow: [read], approvers: [o], maxDuration: 1h}\nbreakGlass:\n  - {name: a, groups: [g], target: clinic, allow: [read], duration: 1h}\n")
                .Problems.Select(p => p.Message));

    [Fact]
    public void A_standing_grant_may_leave_columns_out()
    {
        Assert.Equal(
            ["clinic.patients.mrn"],
            Load("grants:\n  - {groups: [g], target: clinic, allow: [read], never: [clinic.patients.mrn]}\n").Configuration!.Policy.Grants[0].Never);
        Assert.Contains(
            "clinic.patients.zip has no tag at target clinic",
            Load("grants:\n  - {groups: [g], target: clinic, allow: [read], never: [clinic.patients.zip]}\n").Problems.Select(p => p.Message));
    }

    [Fact]
    public void Columns_are_shown_by_grants_rules_and_emergencies_that_list_them()
    {
        var policy = Load("""
            grants:
              - {groups: [g], target: clinic, allow: [read], tables: [clinic.patients], unmasked: [clinic.patients.mrn]}
            access:
              - {name: a, groups: [g], target: clinic, allow: [read], unmasked: [clinic.patients.mrn], approvers: [o], maxDuration: 1h}
            breakGlass:
              - {name: b, groups: [g], target: clinic, allow: [read], unmasked: [clinic.patients.mrn], duration: 1h, reviewers: [o]}
            """).Configuration!.Policy;
        string[] shown = ["clinic.patients.mrn"];
        Assert.Equal(shown, policy.Grants[0].Unmasked);
        Assert.Equal(shown, policy.Access.Rules[0].Most.Unmasked);
        Assert.Equal(shown, policy.Access.BreakGlass[0].Scope.Unmasked);
    }

    [Theory]
    [InlineData("{groups: [g], target: clinic, allow: [write], unmasked: [clinic.patients.mrn]}", "columns are shown only to who may read")]
    [InlineData("{groups: [g], target: clinic, allow: [read], unmasked: [clinic.patients.mrn], never: [clinic.patients.mrn]}", "clinic.patients.mrn stands in unmasked and in never")]
    [InlineData("{groups: [g], target: clinic, allow: [read], tables: [clinic.claims], unmasked: [clinic.patients.mrn]}", "a column of clinic.patients is to be unmasked, and the table is not opened")]
    [InlineData("{groups: [g], target: clinic, allow: [read], unmasked: [clinic.patients.zip]}", "clinic.patients.zip has no tag at target clinic")]
    [InlineData("{groups: [g], target: floored, allow: [read], unmasked: [ward.beds.who]}", "target floored has mode: floor, so its database keeps tagged columns to itself")]
    public void What_cannot_be_shown_is_named(string grant, string problem) => Assert.Contains(problem, Load($"grants:\n  - {grant}\n").Problems.Select(p => p.Message));

    private ConfigurationResult Load(string more)
    {
        File.WriteAllText(_folder.File("c.yaml"), Rest + more);
        return ConfigurationLoader.Load(_folder.File("c.yaml"));
    }
}
