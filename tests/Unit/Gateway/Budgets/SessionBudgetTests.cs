using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Budgets;

public sealed class SessionBudgetTests
{
    private const string Mrn = "clinic.patients.mrn";

    private static readonly Attempt Computing = new(FailureRisk.Computes, []);
    private static readonly Attempt Reading = new(FailureRisk.None, []);
    private static readonly Attempt Writing = new(FailureRisk.Writes, []);

    private readonly ManualTime _time = new();
    private readonly InferenceBudgets _budgets;
    private InferencePolicy _policy = new() { ConstantsPerHour = 5, ListLength = 3, Errors = 3, ErrorsPerHour = 4, WriteErrorsPerHour = 2 };

    public SessionBudgetTests() => _budgets = new InferenceBudgets(_time);

    [Fact]
    public void Three_failures_of_computing_statements_stop_the_next_one_and_nothing_else()
    {
        var session = Session();
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(session.Judge(Computing));
            session.Failed(FailureRisk.Computes);
        }

        var stop = Assert.IsType<Verdict.Deny>(session.Judge(Computing));
        Assert.Equal("error-budget", stop.Rule);
        Assert.EndsWith("or go on in 60 minutes.", stop.Remedy);
        Assert.Null(session.Judge(Reading));
        Assert.Null(session.Judge(Writing));
    }

    [Fact]
    public void What_is_not_known_to_fail_is_stopped_only_once_it_has_failed()
    {
        var deriving = new Attempt(FailureRisk.Derives, []);
        var session = Session();
        for (var i = 0; i < 3; i++)
        {
            session.Failed(FailureRisk.Computes);
        }

        Assert.Null(session.Judge(deriving));
        session.Failed(FailureRisk.Derives);
        Assert.IsType<Verdict.Deny>(session.Judge(deriving));
    }

    [Fact]
    public void A_new_session_does_not_refill_the_hour()
    {
        var first = Session();
        first.Failed(FailureRisk.Computes);
        first.Failed(FailureRisk.Computes);
        first.Failed(FailureRisk.Computes);

        var second = Session();
        Assert.Null(second.Judge(Computing));
        second.Failed(FailureRisk.Computes);
        Assert.IsType<Verdict.Deny>(second.Judge(Computing));
        Assert.IsType<Verdict.Deny>(Session().Judge(Computing));
        Assert.Null(Session(principal: "p_2").Judge(Computing));
        Assert.Null(Session(target: "other").Judge(Computing));
    }

    [Fact]
    public void Failures_are_forgotten_one_by_one_an_hour_after_they_happened()
    {
        var session = Session();
        session.Failed(FailureRisk.Computes);
        _time.Advance(TimeSpan.FromMinutes(30));
        session.Failed(FailureRisk.Computes);
        session.Failed(FailureRisk.Computes);
        Assert.EndsWith("in 30 minutes.", Assert.IsType<Verdict.Deny>(session.Judge(Computing)).Remedy);

        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Null(session.Judge(Computing));
        session.Failed(FailureRisk.Computes);
        Assert.IsType<Verdict.Deny>(session.Judge(Computing));
    }

    [Fact]
    public void Failed_writes_have_a_budget_of_their_own()
    {
        var session = Session();
        session.Failed(FailureRisk.Writes);
        Assert.Null(session.Judge(Writing));
        session.Failed(FailureRisk.Writes);
        Assert.Equal("error-budget", Assert.IsType<Verdict.Deny>(session.Judge(Writing)).Rule);
        Assert.Null(session.Judge(Computing));
    }

    [Fact]
    public void Only_the_first_failure_within_the_hour_keeps_its_exact_code_also_in_a_new_session()
    {
        var session = Session();
        Assert.True(session.Failed(FailureRisk.Computes));
        Assert.False(session.Failed(FailureRisk.None));
        Assert.False(Session().Failed(FailureRisk.Computes));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(Session().Failed(FailureRisk.Computes));
    }

    [Fact]
    public void Different_values_are_counted_once_each_over_all_sessions()
    {
        var session = Session();
        Assert.Null(session.Judge(Equal("A", "B", "C")));
        Assert.Null(session.Judge(Equal("A", "B", "C")));
        Assert.Null(Session().Judge(Equal("C", "D", "E")));

        var stop = Assert.IsType<Verdict.Deny>(session.Judge(Equal("F")));
        Assert.Equal("constants-budget", stop.Rule);
        Assert.Contains(Mrn, stop.Reason);
        Assert.DoesNotContain("F", stop.Reason + stop.Remedy);
        Assert.Null(session.Judge(Equal("E")));
        Assert.Null(session.Judge(Equal("clinic.patients.name", "F")));
        Assert.Null(Session(principal: "p_2").Judge(Equal("F")));
    }

    [Fact]
    public void A_statement_that_is_stopped_uses_nothing_up()
    {
        var session = Session();
        Assert.Null(session.Judge(Equal("A", "B", "C")));
        Assert.IsType<Verdict.Deny>(session.Judge(Equal("D", "E", "F")));
        Assert.Null(session.Judge(Equal("D", "E")));
    }

    [Fact]
    public void A_value_is_free_again_an_hour_after_its_first_time()
    {
        var session = Session();
        Assert.Null(session.Judge(Equal("A", "B", "C")));
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Null(session.Judge(Equal("A", "D", "E")));
        Assert.EndsWith("is free in a minute.", Assert.IsType<Verdict.Deny>(session.Judge(Equal("F"))).Remedy.Replace("in 1 minutes", "in a minute"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(session.Judge(Equal("F", "G", "H")));
        Assert.IsType<Verdict.Deny>(session.Judge(Equal("I")));
    }

    [Fact]
    public void The_same_bytes_in_another_form_are_another_value()
    {
        _policy = _policy with { ConstantsPerHour = 1 };
        var session = Session();
        Assert.Null(session.Judge(new Attempt(FailureRisk.None, [new Comparison(Mrn, IsSearch: false, [new TriedValue("1234"u8.ToArray(), 0)])])));
        Assert.IsType<Verdict.Deny>(session.Judge(new Attempt(FailureRisk.None, [new Comparison(Mrn, IsSearch: false, [new TriedValue("1234"u8.ToArray(), 1)])])));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void One_statement_may_bring_few_values_in_all_its_comparisons_together(int values, bool passes)
    {
        var session = Session();
        var comparisons = Enumerable.Range(0, values).Select(i => new Comparison(Mrn, IsSearch: i % 2 == 1, [Value($"v{i}")])).ToList();
        Assert.Equal(passes ? null : "list-length", session.Judge(new Attempt(FailureRisk.None, comparisons))?.Rule);
    }

    [Fact]
    public void A_list_that_cannot_be_counted_is_too_long() =>
        Assert.Equal("list-length", Session().Judge(new Attempt(FailureRisk.None, [new Comparison(Mrn, IsSearch: false, null)]))?.Rule);

    [Fact]
    public void With_approvers_a_limit_asks_them()
    {
        _policy = _policy with { Approvers = ["officers"], Hold = TimeSpan.FromSeconds(5), Expires = TimeSpan.FromMinutes(1) };
        var session = Session();
        var ask = Assert.IsType<Verdict.Ask>(session.Judge(Equal("A", "B", "C", "D")));
        Assert.Equal("list-length", ask.Rule);
        Assert.Equal(["officers"], ask.Approvers);
        Assert.Equal(TimeSpan.FromSeconds(5), ask.Hold);
        Assert.Equal(TimeSpan.FromMinutes(1), ask.Expires);
    }

    [Fact]
    public void A_changed_policy_holds_at_once_for_sessions_that_are_open()
    {
        var session = Session();
        session.Failed(FailureRisk.Computes);
        _policy = _policy with { Errors = 1 };
        Assert.IsType<Verdict.Deny>(session.Judge(Computing));
    }

    [Fact]
    public void Using_a_budget_up_raises_one_alarm_an_hour()
    {
        var session = Session();
        session.Judge(Equal("A", "B", "C"));
        session.Judge(Equal("D", "E"));
        Assert.Empty(session.TakeAlarms());
        session.Judge(Equal("F"));
        session.Judge(Equal("G"));
        Assert.Equal([new BudgetAlarm(AlarmKind.ConstantsUsedUp, Mrn, 5)], session.TakeAlarms());
        Assert.Empty(session.TakeAlarms());

        session.Failed(FailureRisk.Writes);
        session.Failed(FailureRisk.Writes);
        Assert.Equal([new BudgetAlarm(AlarmKind.ErrorsUsedUp, "", 2)], session.TakeAlarms());
        _time.Advance(TimeSpan.FromHours(1));
        session.Judge(Equal("A", "B", "C"));
        session.Judge(Equal("D", "E", "F"));
        Assert.Equal(AlarmKind.ConstantsUsedUp, Assert.Single(session.TakeAlarms()).Kind);
    }

    [Fact]
    public void A_walk_along_growing_prefixes_raises_an_alarm()
    {
        _policy = _policy with { ConstantsPerHour = 1000 };
        var session = Session();
        var known = "";
        foreach (var next in "MRN4")
        {
            foreach (var letter in "ABM4RN")
            {
                session.Judge(Search($"{known}{letter}%"));
            }

            known += next;
        }

        var alarm = Assert.Single(session.TakeAlarms());
        Assert.Equal((AlarmKind.PrefixWalk, Mrn), (alarm.Kind, alarm.Column));
        Assert.InRange(alarm.Count, 12, 24);
    }

    [Fact]
    public void Searches_for_unrelated_words_raise_none()
    {
        _policy = _policy with { ConstantsPerHour = 1000 };
        var session = Session();
        for (var i = 0; i < 200; i++)
        {
            session.Judge(Search($"%word {i * 7919}%"));
        }

        Assert.Empty(session.TakeAlarms());
    }

    [Fact]
    public void Equalities_that_nearly_always_fail_raise_an_alarm()
    {
        var session = Session();
        session.Answered([Mrn], found: true);
        for (var i = 0; i < 19; i++)
        {
            session.Answered([Mrn], found: false);
        }

        Assert.Empty(session.TakeAlarms());
        session.Answered([Mrn], found: false);
        Assert.Equal([new BudgetAlarm(AlarmKind.FailedEqualities, Mrn, 20)], session.TakeAlarms());
    }

    [Fact]
    public void Equalities_that_often_find_a_row_raise_none()
    {
        var session = Session();
        for (var i = 0; i < 100; i++)
        {
            session.Answered([Mrn], found: i % 4 == 0);
        }

        Assert.Empty(session.TakeAlarms());
    }

    [Fact]
    public void Memory_is_bounded_by_the_number_of_principals()
    {
        for (var i = 0; i < InferenceBudgets.MaxPrincipals + 10; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Session(principal: $"p_{i}");
        }

        Assert.Equal(InferenceBudgets.MaxPrincipals, _budgets.Count);
        _time.Advance(TimeSpan.FromHours(1));
        Session(principal: "p_last");
        Assert.Equal(1, _budgets.Count);
    }

    private SessionBudget Session(string principal = "p_1", string target = "clinic") => _budgets.ForSession(principal, target, () => _policy);

    private static Attempt Equal(params string[] values) => values is [['c', 'l', ..] column, .. var rest]
        ? new Attempt(FailureRisk.None, [new Comparison(column, IsSearch: false, [.. rest.Select(Value)])])
        : new Attempt(FailureRisk.None, [new Comparison(Mrn, IsSearch: false, [.. values.Select(Value)])]);

    private static Attempt Search(string pattern) => new(FailureRisk.None, [new Comparison(Mrn, IsSearch: true, [Value(pattern)])]);

    private static TriedValue Value(string text) => new(Encoding.UTF8.GetBytes(text), 0);
}
