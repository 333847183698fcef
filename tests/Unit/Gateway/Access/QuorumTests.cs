using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Access;

/// <summary>People are counted, whatever groups they are in and however many of them decide at once.</summary>
public sealed class QuorumTests
{
    private static readonly string[] Groups = ["security", "owners", "dpo"];

    private static readonly Gen<(ImmutableArray<ImmutableArray<string>> Requirements, int Quorum, List<(string Person, string[] Groups)> Agreed)> Cases =
        from requirements in Gen.SubListOf(Groups).Where(groups => groups.Count > 0).ListOf().Where(list => list.Count is > 0 and < 4)
        from quorum in Gen.Choose(1, 4)
        from agreed in (from person in Gen.Elements("ann", "bea", "cem", "dov") from groups in Gen.SubListOf(Groups) select (person, groups.ToArray())).ListOf()
        select (
            (ImmutableArray<ImmutableArray<string>>)[.. requirements.Select(groups => groups.ToImmutableArray())],
            quorum,
            agreed.DistinctBy(one => one.person).Select(one => (one.person, one.Item2)).ToList());

    [Fact]
    public void It_is_met_exactly_when_different_people_can_stand_for_every_requirement() => ForAll(c =>
        Quorum.IsMet(c.Requirements, c.Quorum, Decisions(c.Agreed)) == IsMetInPlainWords(c.Requirements, c.Quorum, c.Agreed));

    [Fact]
    public void The_same_person_again_changes_nothing() => ForAll(c =>
        Quorum.IsMet(c.Requirements, c.Quorum, Decisions(c.Agreed)) == Quorum.IsMet(c.Requirements, c.Quorum, [.. Decisions(c.Agreed), .. Decisions(c.Agreed)]));

    [Fact]
    public void Another_person_never_takes_it_away() => ForAll(c =>
        !Quorum.IsMet(c.Requirements, c.Quorum, Decisions(c.Agreed)) || Quorum.IsMet(c.Requirements, c.Quorum, Decisions([.. c.Agreed, ("eve", ["dpo"])])));

    [Fact]
    public void Somebody_in_three_groups_counts_once()
    {
        ImmutableArray<ImmutableArray<string>> all = [["security"], ["owners"], ["dpo"]];
        Assert.False(Quorum.IsMet(all, 1, Decisions([("ann", Groups)])));
        Assert.False(Quorum.IsMet(all, 1, Decisions([("ann", Groups), ("bea", Groups)])));
        Assert.True(Quorum.IsMet(all, 1, Decisions([("ann", Groups), ("bea", ["security"]), ("cem", ["security", "dpo"])])));
        Assert.False(Quorum.IsMet([["security", "owners", "dpo"]], 2, Decisions([("ann", Groups)])));
    }

    [Fact]
    public void More_than_the_quorum_is_enough() => Assert.True(Quorum.IsMet([["security"]], 1, Decisions([("ann", Groups), ("bea", Groups), ("cem", Groups)])));

    /// <summary>A hundred decisions at once, by people some of whom are in several groups, decide again, may not decide, or say no.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_hundred_parallel_decisions_give_at_most_one_grant_and_only_by_enough_people(int seed)
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var random = new SeededBytes((ulong)seed);
        var requirements = AccessFixture.Reads.Approvers;
        var request = await fixture.RequestAsync();
        var people = Enumerable.Range(0, 12).Select(i => AccessFixture.Human($"h{i}", [.. new[] { "security-officers", "owners", "dpo", "staff" }.Where(_ => random.Next(3) == 0)])).ToList();
        people.Add(AccessFixture.Human("dana", "security-officers", "owners")); // for whom the agent acts
        people.Add(AccessFixture.Agent() with { Id = "p_other" });
        var tries = Enumerable.Range(0, 100).Select(_ => people[random.Next(people.Count)]).ToList();

        var outcomes = await Task.WhenAll(tries.Select(by => Task.Run(async () => (By: by, Outcome: await fixture.ApproveAsync(request.Id, by)), TestContext.Current.CancellationToken)));

        var counted = outcomes.Where(o => o.Outcome is AccessOutcome.OfRequest).ToList();
        var grants = counted.Where(o => ((AccessOutcome.OfRequest)o.Outcome).Grant is not null).ToList();
        var stored = (await fixture.Desk.FindRequestAsync(request.Id, TestContext.Current.CancellationToken))!;
        Assert.Equal(counted.Count, counted.Select(o => o.By.Id).Distinct().Count());
        Assert.Equal(counted.Select(o => o.By.Id).Order(), stored.Decisions.Select(d => d.Id).Order());
        Assert.DoesNotContain(counted, o => o.By.Kind == PrincipalKind.Agent || o.By.Name == "dana");
        Assert.Equal(Quorum.IsMet(requirements, 2, stored.Decisions), stored.State == AccessRequestState.Granted);
        Assert.Equal(stored.State == AccessRequestState.Granted ? 1 : 0, grants.Count);
        Assert.Equal(grants.Count, fixture.Policy.Current.DynamicGrants.Length);
        Assert.Equal(counted.Count, fixture.Journal.Lines.Count(line => line.StartsWith("decision", StringComparison.Ordinal)));
        Assert.All(grants, last => Assert.False(Quorum.IsMet(requirements, 2, stored.Decisions.Where(d => d.Id != last.By.Id)), "it was given before it had to be"));
    }

    /// <summary>The same in the plainest words: some order of people, one for each requirement.</summary>
    private static bool IsMetInPlainWords(ImmutableArray<ImmutableArray<string>> requirements, int quorum, List<(string Person, string[] Groups)> agreed)
    {
        var relevant = agreed.Where(person => requirements.Any(requirement => requirement.Any(person.Groups.Contains))).ToList();
        return relevant.Count >= quorum && CanFill(0, []);

        bool CanFill(int requirement, HashSet<string> used) =>
            requirement == requirements.Length
            || relevant.Any(person => !used.Contains(person.Person) && requirements[requirement].Any(person.Groups.Contains) && CanFill(requirement + 1, [.. used, person.Person]));
    }

    private static AccessDecision[] Decisions(IEnumerable<(string Person, string[] Groups)> agreed) =>
        [.. agreed.Select(one => new AccessDecision($"p_{one.Person}", one.Person, "https://issuer.test", one.Person, ApprovalAnswer.Approve, [.. one.Groups], "", DateTimeOffset.UnixEpoch))];

    private static void ForAll(Func<(ImmutableArray<ImmutableArray<string>> Requirements, int Quorum, List<(string Person, string[] Groups)> Agreed), bool> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(Cases.ToArbitrary(), holds));
}
