using System.Collections.Immutable;
using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Takes a session's statements to its principal's budgets: which values they compare tagged columns with, how they end, and the alarms that come of
/// it. Values are looked at where they are, in the query tree or the Bind message, and never kept.
/// </summary>
internal sealed class InferenceWatch(SessionBudget budget, SessionRecorder recorder, GatewayMetrics metrics)
{
    private const int LiteralForm = -2;
    private const int TextForm = -3;
    private const int ArrayForm = int.MinValue / 2;

    /// <summary>Bytes of the length word in front of a literal of variable length, and how far the length is shifted in it (varattrib_4b).</summary>
    private const int LengthWord = 4;

    private static readonly Attempt[] Harmless = [.. Enum.GetValues<FailureRisk>().Select(risk => new Attempt(risk, []))];

    /// <summary>The limits in force.</summary>
    public InferencePolicy Policy => budget.Policy;

    /// <summary>Judges one execution.</summary>
    /// <param name="statement">What is to run.</param>
    /// <param name="parameters">The parameter part of its Bind; empty for a simple query.</param>
    /// <returns>Null when it may run; else a question or a denial.</returns>
    public Verdict? Judge(ServerStatement statement, ReadOnlyMemory<byte> parameters)
    {
        if (!statement.TouchesPhi)
        {
            return null;
        }

        if (budget.Policy.Rows > 0 && statement is { Copy: null, Form: StatementForm.Copy { Direction: CopyDirection.Out } })
        {
            return new Verdict.Deny(InferencePolicy.RowLimit, "COPY cannot end after a number of rows", "Use SELECT with a LIMIT.");
        }

        var verdict = budget.Judge(AttemptOf(statement, parameters));
        RaiseAlarms();
        return verdict;
    }

    /// <summary>Takes in that a statement failed while PHI was in use. Returns whether the client may see its exact SQLSTATE.</summary>
    public bool Failed(FailureRisk risk)
    {
        var isFirst = budget.Failed(risk);
        RaiseAlarms();
        return isFirst;
    }

    /// <summary>Takes in how many rows a statement found or changed, as far as that tells whether its comparisons matched.</summary>
    public void Ended(ImmutableArray<string> equalityColumns, long rows)
    {
        if (equalityColumns.Length > 0)
        {
            budget.Answered(equalityColumns, rows > 0);
            RaiseAlarms();
        }
    }

    /// <summary>The columns a statement compares with values it brings along.</summary>
    public static ImmutableArray<string> EqualityColumnsOf(ImmutableArray<Inference> inferences) =>
        [.. inferences.Where(static i => i.Kind == InferenceKind.Equality && !i.Values.IsDefaultOrEmpty).Select(static i => i.Column).Distinct(StringComparer.Ordinal)];

    /// <summary>What a failure of the command at run time would tell. Conditions on whole values tell no more by failing than by finding rows.</summary>
    public static FailureRisk RiskOf(Command command, StatementAnalysis? analysis)
    {
        if (!command.TouchesPhi || analysis is { MayFail: true })
        {
            return command.TouchesPhi ? FailureRisk.Computes : FailureRisk.None;
        }

        return analysis?.Outputs.Any(static output => output.IsDerived) == true ? FailureRisk.Derives
            : command.Class >= CommandClass.Write ? FailureRisk.Writes
            : FailureRisk.None;
    }

    /// <summary>What an execution of the command tells even if it does not fail.</summary>
    public static TrialKind TrialOf(Command command, StatementAnalysis? analysis) =>
        !command.TouchesPhi || analysis is not { MayFail: true } ? TrialKind.None
        : analysis.ChoosesFailure ? analysis.Varies ? TrialKind.Varying : TrialKind.Chosen
        : TrialKind.Cast;

    /// <summary>Takes in that a statement was admitted: a change makes earlier statements new questions.</summary>
    public void Admitted(ServerStatement statement)
    {
        if (statement.Command.Class >= CommandClass.Write || statement.SetsSettings || ChangesNames(statement.Form))
        {
            budget.Changing();
        }
    }

    private static bool ChangesNames(StatementForm form) =>
        (form is StatementForm.Set set && SettingPolicy.ChangesMeanings(set.Name)) || (form is StatementForm.Reset reset && SettingPolicy.ChangesMeanings(reset.Name));

    private static Trial? TrialIn(ServerStatement statement, ReadOnlyMemory<byte> parameters) => statement.Trial switch
    {
        TrialKind.None => null,
        TrialKind.Cast => new Trial(TrialKind.Cast, Encoding.UTF8.GetBytes(statement.Command.Template), default),
        var kind => new Trial(kind, statement.Text, parameters),
    };

    private Attempt AttemptOf(ServerStatement statement, ReadOnlyMemory<byte> parameters)
    {
        var comparing = statement.Inferences.Where(static i => !i.Values.IsDefaultOrEmpty && i.Kind is InferenceKind.Equality or InferenceKind.Search);
        if (!comparing.Any())
        {
            return statement.Trial == TrialKind.None ? Harmless[(int)statement.Risk] : new Attempt(statement.Risk, [], TrialIn(statement, parameters));
        }

        var bound = new BoundValues(parameters, statement.ParameterDescription);
        return new Attempt(
            statement.Risk,
            [.. comparing.Select(i => new Comparison(i.Column, i.Kind == InferenceKind.Search, ValuesOf(i, statement, bound)))],
            TrialIn(statement, parameters));
    }

    private List<TriedValue>? ValuesOf(Inference inference, ServerStatement statement, BoundValues bound)
    {
        var values = new List<TriedValue>();
        foreach (var compared in inference.Values)
        {
            if (compared.Parameter == 0)
            {
                AddLiteral(compared, values);
            }
            else if (statement.Form is StatementForm.Execute || !bound.Has(compared.Parameter))
            {
                // The arguments of EXECUTE stand in its text; they are not taken apart, so every other text counts as another value.
                var count = compared.IsArray ? statement.Text.Count(static c => c == (byte)',') + 1 : 1;
                values.AddRange(Enumerable.Repeat(new TriedValue(statement.Text, TextForm - compared.Parameter), count));
            }
            else if (!AddBound(compared, bound, values))
            {
                return null;
            }
        }

        return values;
    }

    /// <summary>The elements of an array literal are counted, and not told apart: each other array brings as many other values.</summary>
    private static void AddLiteral(ComparedValue compared, List<TriedValue> values)
    {
        if (!compared.IsArray)
        {
            values.Add(new TriedValue(WithoutLengthWord(compared.Literal), LiteralForm));
            return;
        }

        if (compared.Literal.IsEmpty)
        {
            // NULL is equal to nothing.
            return;
        }

        // Lineage lets arrays pass only where it can count them, and few.
        var count = (int)Math.Min(ConstantValue.ElementsOf(compared.Literal.Span) ?? int.MaxValue, ComparedValues.MaxValuesPerComparison + 1);
        values.AddRange(Enumerable.Range(0, count).Select(i => new TriedValue(compared.Literal, ArrayForm - i)));
    }

    /// <summary>False when the elements cannot be counted, or are too many.</summary>
    private bool AddBound(ComparedValue compared, BoundValues bound, List<TriedValue> values)
    {
        var (number, form) = (compared.Parameter, bound.FormOf(compared.Parameter));
        if (bound.IsNull(number))
        {
            return true;
        }

        if (!compared.IsArray)
        {
            values.Add(new TriedValue(bound[number], form));
            return true;
        }

        if (ArrayElements.Read(bound[number], bound.IsBinary(number), budget.Policy.ListLength) is not { } elements)
        {
            return false;
        }

        values.AddRange(elements.Select(element => new TriedValue(element, form)));
        return true;
    }

    /// <summary>A literal of variable length without its length word, so that its beginning is the value's.</summary>
    private static ReadOnlyMemory<byte> WithoutLengthWord(ReadOnlyMemory<byte> literal) =>
        literal.Length >= LengthWord && System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(literal.Span) >> 2 == literal.Length
            ? literal[LengthWord..]
            : literal;

    private void RaiseAlarms()
    {
        foreach (var alarm in budget.TakeAlarms())
        {
            recorder.Alarm(new AlarmFacts { Kind = PolicyNames.Kebab(alarm.Kind.ToString()), Column = alarm.Column, Count = alarm.Count });
            metrics.InferenceAlarm(PolicyNames.Kebab(alarm.Kind.ToString()));
        }
    }
}
