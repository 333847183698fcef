using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Budgets;

/// <summary>Statements that can fail over tagged values tell something also when they do not fail.</summary>
public sealed class TrialTests
{
    private readonly ManualTime _time = new();
    private readonly InferenceBudgets _budgets;
    private readonly InferencePolicy _policy = new() { AttemptsPerHour = 3 };

    public TrialTests() => _budgets = new InferenceBudgets(_time);

    [Fact]
    public void Different_questions_end_with_the_budget_although_none_failed()
    {
        var session = Session();
        Assert.Null(session.Judge(Asking("a")));
        Assert.Null(session.Judge(Asking("b")));
        Assert.Null(Session().Judge(Asking("c")));

        var stop = Assert.IsType<Verdict.Deny>(session.Judge(Asking("d")));
        Assert.Equal("attempts-budget", stop.Rule);
        Assert.StartsWith("3 different statements", stop.Reason);
        Assert.EndsWith("another one is in 60 minutes.", stop.Remedy.Replace("free, and another one is in", "another one is in"));
        Assert.Equal([new BudgetAlarm(AlarmKind.AttemptsUsedUp, "", 3)], session.TakeAlarms());
        Assert.Null(Session("p_2").Judge(Asking("d")));
        Assert.Null(session.Judge(new Attempt(FailureRisk.None, [])));
    }

    [Fact]
    public void Repeating_a_statement_is_free_and_stays_possible_at_the_limit()
    {
        var session = Session();
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(session.Judge(Asking("a")));
            Assert.Null(session.Judge(Asking("b", "1")));
            Assert.Null(session.Judge(Asking("b", "2")));
        }

        Assert.IsType<Verdict.Deny>(session.Judge(Asking("b", "3")));
        Assert.Null(session.Judge(Asking("b", "1")));
    }

    [Fact]
    public void Text_and_parameters_are_kept_apart()
    {
        var session = Session();
        Assert.Null(session.Judge(Asking("ab", "c")));
        Assert.Null(session.Judge(Asking("a", "bc")));
        Assert.Null(session.Judge(Asking("abc")));
        Assert.IsType<Verdict.Deny>(session.Judge(Asking("", "abc")));
    }

    [Fact]
    public void Plain_casts_are_the_same_question_whatever_their_parameters_are()
    {
        var session = Session();
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(session.Judge(Asking("SELECT a::int WHERE id = ?", $"{i}", TrialKind.Cast)));
            session.Changing();
        }

        Assert.Null(session.Judge(Asking("SELECT b::int", "", TrialKind.Cast)));
        Assert.Null(session.Judge(Asking("SELECT c::int", "", TrialKind.Cast)));
        Assert.IsType<Verdict.Deny>(session.Judge(Asking("SELECT d::int", "", TrialKind.Cast)));
    }

    [Fact]
    public void After_a_change_the_same_statement_is_another_question()
    {
        var session = Session();
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(session.Judge(Asking("a")));
            Session().Changing();
        }

        Assert.IsType<Verdict.Deny>(session.Judge(Asking("a")));
    }

    [Fact]
    public void What_varies_by_itself_is_another_question_each_time()
    {
        var session = Session();
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(session.Judge(Asking("a", "", TrialKind.Varying)));
        }

        Assert.IsType<Verdict.Deny>(session.Judge(Asking("a", "", TrialKind.Varying)));
    }

    [Fact]
    public void An_hour_later_there_is_room_again()
    {
        var session = Session();
        session.Judge(Asking("a"));
        session.Judge(Asking("b"));
        _time.Advance(TimeSpan.FromMinutes(30));
        session.Judge(Asking("c"));
        Assert.IsType<Verdict.Deny>(session.Judge(Asking("d")));
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Null(session.Judge(Asking("d")));
        Assert.Null(session.Judge(Asking("e")));
        Assert.IsType<Verdict.Deny>(session.Judge(Asking("f")));
    }

    [Fact]
    public void What_is_stopped_for_another_reason_uses_nothing_up()
    {
        var session = Session();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("list-length", session.Judge(Asking($"{i}") with { Comparisons = [new Comparison("clinic.patients.mrn", IsSearch: false, null)] })?.Rule);
        }

        Assert.Null(session.Judge(Asking("a")));
    }

    private SessionBudget Session(string principal = "p_1") => _budgets.ForSession(principal, "clinic", () => _policy);

    private static Attempt Asking(string text, string parameters = "", TrialKind kind = TrialKind.Chosen) =>
        new(FailureRisk.Computes, [], new Trial(kind, Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(parameters)));
}
