using System.Collections.Immutable;
using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Recording;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class InferenceWatchTests
{
    private const string Mrn = "clinic.patients.mrn";

    private readonly InferenceWatch _watch;

    public InferenceWatchTests() =>
        TestChannels.Create(out _watch, policy: new InferencePolicy { ConstantsPerHour = 4, ListLength = 3 });

    [Fact]
    public void Values_of_parameters_are_counted_when_they_are_bound()
    {
        var statement = Statement(new ComparedValue(1, default));
        Assert.Null(_watch.Judge(statement, Bind("a")));
        Assert.Null(_watch.Judge(statement, Bind("b")));
        Assert.Null(_watch.Judge(statement, Bind("c")));
        Assert.Null(_watch.Judge(statement, Bind("d")));
        Assert.Null(_watch.Judge(statement, Bind("a")));
        Assert.Null(_watch.Judge(statement, Bind((string?)null)));
        Assert.Null(_watch.Judge(statement, Bind("b")));
    }

    [Theory]
    [InlineData("{a,b,c}", null)]
    [InlineData("{a,b,c,d}", "list-length")]
    [InlineData("not an array", "list-length")]
    public void Array_parameters_are_taken_apart(string value, string? rule) =>
        Assert.Equal(rule, _watch.Judge(Statement(new ComparedValue(1, default, IsArray: true)), Bind(value))?.Rule);

    [Fact]
    public void Literals_and_parameters_count_together() =>
        Assert.Equal(
            "list-length",
            _watch.Judge(Statement(new ComparedValue(1, default, IsArray: true), new ComparedValue(0, "x"u8.ToArray())), Bind("{a,b,c}"))?.Rule);

    [Fact]
    public void The_elements_of_an_array_literal_are_counted()
    {
        byte[] array = [96, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0];
        Assert.Equal("list-length", _watch.Judge(Statement(new ComparedValue(0, array, IsArray: true)), default)?.Rule);
        array[16] = 3;
        Assert.Null(_watch.Judge(Statement(new ComparedValue(0, array, IsArray: true)), default));
    }

    [Fact]
    public void The_arguments_of_execute_are_counted_by_its_text()
    {
        var array = new StatementForm.Execute("p");
        Assert.Null(_watch.Judge(Statement(array, "EXECUTE p('{a,b}')", new ComparedValue(1, default, IsArray: true)), default));
        Assert.Equal("list-length", _watch.Judge(Statement(array, "EXECUTE p('{a,b,c,d}')", new ComparedValue(1, default, IsArray: true)), default)?.Rule);
    }

    [Theory]
    [InlineData(false, CommandClass.Write, true, true, FailureRisk.None)]
    [InlineData(true, CommandClass.Read, false, false, FailureRisk.None)]
    [InlineData(true, CommandClass.Write, false, false, FailureRisk.Writes)]
    [InlineData(true, CommandClass.Write, true, false, FailureRisk.Derives)]
    [InlineData(true, CommandClass.Read, true, true, FailureRisk.Computes)]
    [InlineData(true, CommandClass.Read, false, true, FailureRisk.Computes)]
    public void The_risk_of_a_failure_is_what_it_computes(bool touchesPhi, CommandClass commandClass, bool derives, bool mayFail, FailureRisk expected)
    {
        var analysis = new StatementAnalysis { Class = commandClass, Effects = Effects.None, MayFail = mayFail, Outputs = [new OutputColumn(0, Mrn, "MRN", derives)] };
        Assert.Equal(expected, InferenceWatch.RiskOf(Command(touchesPhi, commandClass), analysis));
    }

    [Theory]
    [InlineData(true, true, false, false, TrialKind.Cast)]
    [InlineData(true, true, false, true, TrialKind.Cast)]
    [InlineData(true, true, true, false, TrialKind.Chosen)]
    [InlineData(true, true, true, true, TrialKind.Varying)]
    [InlineData(true, false, true, true, TrialKind.None)]
    [InlineData(false, true, true, true, TrialKind.None)]
    public void What_not_failing_tells_is_what_the_statement_chose(bool touchesPhi, bool mayFail, bool chooses, bool varies, TrialKind expected)
    {
        var analysis = new StatementAnalysis { Class = CommandClass.Read, Effects = Effects.None, MayFail = mayFail, ChoosesFailure = chooses, Varies = varies };
        Assert.Equal(expected, InferenceWatch.TrialOf(Command(touchesPhi, CommandClass.Read), analysis));
    }

    [Fact]
    public void Each_parameter_of_a_statement_that_can_fail_is_a_trial_and_a_write_in_between_renews_them()
    {
        var budget = new InferenceBudgets(TimeProvider.System).ForSession("p_1", "clinic", () => new InferencePolicy { AttemptsPerHour = 3 });
        var watch = new InferenceWatch(budget, recorder: null!, metrics: null!);
        var statement = Statement() with { Risk = FailureRisk.Computes, Trial = TrialKind.Chosen, Inferences = [] };
        Assert.Null(watch.Judge(statement, Bind("a")));
        Assert.Null(watch.Judge(statement, Bind("b")));
        watch.Admitted(statement);
        Assert.Null(watch.Judge(statement, Bind("a")));
        watch.Admitted(statement with { Command = Command(touchesPhi: false, CommandClass.Write) });
        Assert.Null(watch.Judge(statement, Bind("a")));

        // Three are used up: two parameters, and one of them again after the write.
        Assert.Null(budget.Judge(new Attempt(FailureRisk.Computes, [], new Trial(TrialKind.Chosen, statement.Text, Bind("a")))));
        Assert.Equal("attempts-budget", budget.Judge(new Attempt(FailureRisk.Computes, [], new Trial(TrialKind.Chosen, statement.Text, Bind("b"))))?.Rule);
    }

    private static Command Command(bool touchesPhi, CommandClass commandClass) =>
        new() { Target = "clinic", Class = commandClass, Effects = Effects.None, TouchesPhi = touchesPhi, Template = "" };

    private static ServerStatement Statement(params ComparedValue[] values) => Statement(new StatementForm.Analysed(), "SELECT", values);

    private static ServerStatement Statement(StatementForm form, string text, params ComparedValue[] values)
    {
        var command = Command(touchesPhi: true, CommandClass.Read);
        return new ServerStatement
        {
            Name = [],
            Text = Encoding.UTF8.GetBytes(text),
            Form = form,
            Command = command,
            Encoded = Recorder.Encode(command),
            Inferences = [new Inference(Mrn, "MRN", InferenceKind.Equality, values.ToImmutableArray())],
            RowDescription = [],
            Fields = [],
            ParsedInBatch = 0,
            ParsedAfter = 0,
            ParameterTypes = [],
        };
    }

    private static byte[] Bind(params string?[] values)
    {
        var bytes = new List<byte>([0, 0, 0, (byte)values.Length]);
        foreach (var value in values)
        {
            bytes.AddRange(value is null ? [255, 255, 255, 255] : [0, 0, 0, (byte)value.Length, .. Encoding.UTF8.GetBytes(value)]);
        }

        return [.. bytes];
    }
}
