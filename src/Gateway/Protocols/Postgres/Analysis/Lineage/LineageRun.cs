using System.Collections.Immutable;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>One analysis: the tree, what was found so far, and the rule objects that work on it.</summary>
internal sealed class LineageRun
{
    /// <summary>Deepest chain of views inside materialised views inside views.</summary>
    public const int MaxDefinitionDepth = 32;

    /// <summary>Most reasons to refuse that are told of one statement.</summary>
    private const int MaxRefusals = 20;

    /// <summary>Most expressions looked at for one statement; each is usually looked at once.</summary>
    private const int MaxSteps = 2_000_000;

    private readonly HashSet<uint> _missingRelations = [];
    private readonly HashSet<uint> _missingFunctions = [];
    private readonly HashSet<uint> _missingOperators = [];
    private readonly List<string> _phiColumns = [];
    private readonly List<UnmaskedColumn> _unmasked = [];
    private readonly UnmaskedColumns _shown;
    private readonly List<RelationUse> _relations = [];
    private readonly List<string> _functions = [];
    private readonly List<Refusal> _refusals = [];
    private readonly List<SetConfigCall> _setConfigCalls = [];
    private readonly List<NotifyCall> _notifyCalls = [];
    private readonly Dictionary<string, long> _comparedValues = [];
    private readonly HashSet<int> _countedComparisons = [];
    private string? _sideEffect;
    private string? _clock;
    private int _refusedConditions;
    private int _steps;
    private bool _partitionKeysMissing;

    /// <param name="tree">The tree that is read.</param>
    /// <param name="catalog">The target's facts.</param>
    /// <param name="since">Facts read after this point of time were read for this statement.</param>
    /// <param name="definitionDepth">More than 0 for a stored definition, which is the same for everybody.</param>
    /// <param name="shown">The tagged columns whose tags do not count for who asks.</param>
    public LineageRun(NodeTree tree, TargetCatalog catalog, long since, int definitionDepth = 0, UnmaskedColumns? shown = null)
    {
        _shown = shown ?? UnmaskedColumns.None;
        Tree = tree;
        Catalog = catalog;
        Since = since;
        DefinitionDepth = definitionDepth;
        Functions = new FunctionCalls(this);
        Expressions = new Expressions(this);
        Failures = new Failures(this);
        Lengths = new Lengths(this);
        Conditionals = new Conditionals(this);
        AggregateOrder = new AggregateOrder(this);
        Aggregates = new Aggregates(this);
        SetReturning = new SetReturning(this);
        TableFunctions = new TableFunctions(this);
        Transforms = new Transforms(this);
        Inferences = new Inferences(this);
        Reasons = new Reasons(this);
        ComparedValues = new ComparedValues(this);
        Comparisons = new Comparisons(this);
        Predicates = new Predicates(this);
        RangeTables = new RangeTable(this);
        RelationEntries = new RelationEntries(this);
        Cardinality = new Cardinality(this);
        SetOperations = new SetOperations(this);
        Sinks = new Sinks(this);
        Queries = new Queries(this);
    }

    public NodeTree Tree { get; }

    public TargetCatalog Catalog { get; }

    /// <summary>Facts read after this point of time were read for this statement.</summary>
    public long Since { get; }

    /// <summary>More than 0 while a stored definition is read: then only the lineage counts, and nothing is refused or recorded.</summary>
    public int DefinitionDepth { get; }

    public bool IsDefinition => DefinitionDepth > 0;

    public FunctionCalls Functions { get; }

    public Expressions Expressions { get; }

    public Failures Failures { get; }

    public Lengths Lengths { get; }

    public Conditionals Conditionals { get; }

    public AggregateOrder AggregateOrder { get; }

    public Aggregates Aggregates { get; }

    public SetReturning SetReturning { get; }

    public TableFunctions TableFunctions { get; }

    public Transforms Transforms { get; }

    public Inferences Inferences { get; }

    public Reasons Reasons { get; }

    public ComparedValues ComparedValues { get; }

    public Comparisons Comparisons { get; }

    public Predicates Predicates { get; }

    public RangeTable RangeTables { get; }

    public RelationEntries RelationEntries { get; }

    public Cardinality Cardinality { get; }

    public SetOperations SetOperations { get; }

    public Sinks Sinks { get; }

    public Queries Queries { get; }

    public CommandClass Class { get; private set; } = CommandClass.Read;

    public Effects Effects { get; private set; }

    public bool Unbounded { get; set; }

    public bool TouchesPhi { get; private set; }

    /// <summary>Whether anything is computed from tagged values.</summary>
    public bool Computes { get; private set; }

    /// <summary>Whether a tagged value stands where the evaluation can fail because of it.</summary>
    public bool MayFail { get; private set; }

    /// <inheritdoc cref="StatementAnalysis.ChoosesFailure"/>
    public bool ChoosesFailure { get; private set; }

    /// <inheritdoc cref="StatementAnalysis.Varies"/>
    public bool Varies { get; private set; }

    public ImmutableArray<Refusal> Refusals => [.. _refusals];

    public ImmutableArray<string> PhiColumns => [.. _phiColumns];

    /// <inheritdoc cref="StatementAnalysis.Unmasked"/>
    public ImmutableArray<UnmaskedColumn> Unmasked => [.. _unmasked];

    public ImmutableArray<RelationUse> Relations => [.. _relations];

    public ImmutableArray<string> OwnFunctions => [.. _functions];

    public ImmutableArray<SetConfigCall> SetConfigCalls => [.. _setConfigCalls];

    public ImmutableArray<NotifyCall> NotifyCalls => [.. _notifyCalls];

    public bool IsMissingFacts => _partitionKeysMissing || _missingRelations.Count + _missingFunctions.Count + _missingOperators.Count > 0;

    public MissingFacts Missing => new([.. _missingRelations.Order()], [.. _missingFunctions.Order()], [.. _missingOperators.Order()])
    {
        PartitionKeys = _partitionKeysMissing,
    };

    /// <summary>Keeps a reason to refuse; the analysis goes on so that all reasons are told and all facts are asked for at once.</summary>
    public void Refuse(string rule, string reason, string remedy)
    {
        _refusedConditions += IsOfConditions(rule) ? 1 : 0;
        var refusal = new Refusal(rule, reason, remedy);
        if (_refusals.Count < MaxRefusals && !_refusals.Contains(refusal))
        {
            _refusals.Add(refusal);
        }
    }

    /// <summary>Begins to judge a condition that is masked as a value if it is not permitted as a condition.</summary>
    public (int Refused, int Refusals, int Inferences) BeginAttempt() => (_refusedConditions, _refusals.Count, Inferences.Count);

    /// <summary>Ends it: takes back what the rules on conditions refused, and what would have been told.</summary>
    /// <returns>Whether the condition is permitted.</returns>
    public bool EndAttempt((int Refused, int Refusals, int Inferences) attempt)
    {
        if (_refusedConditions == attempt.Refused)
        {
            return true;
        }

        for (var i = _refusals.Count - 1; i >= attempt.Refusals; i--)
        {
            if (IsOfConditions(_refusals[i].Rule))
            {
                _refusals.RemoveAt(i);
            }
        }

        Inferences.Forget(attempt.Inferences);
        return false;
    }

    public void Raise(CommandClass commandClass, Effects effects)
    {
        Class = commandClass > Class ? commandClass : Class;
        Effects |= effects;
    }

    public void MarkTouchesPhi() => TouchesPhi = true;

    public void RecordPhi(TaggedSource source)
    {
        TouchesPhi = true;
        if (!_phiColumns.Contains(source.FullName))
        {
            _phiColumns.Add(source.FullName);
        }
    }

    /// <summary>
    /// Notes that a tagged column is used, and says whether its values are clear to who asks. Only a column that stands in the configuration itself is:
    /// not one that is treated like it, because it is derived from it, refers to it or stands in a child of its table.
    /// </summary>
    public bool IsShown(TaggedSource source)
    {
        RecordPhi(source);
        if (IsDefinition || source.ListedAs is not { } column || _shown.GrantFor(column) is not { } grant)
        {
            return false;
        }

        var shown = new UnmaskedColumn(column, grant);
        if (!_unmasked.Contains(shown))
        {
            _unmasked.Add(shown);
        }

        return true;
    }

    public void RecordRelation(RelationUse use)
    {
        if (!_relations.Contains(use))
        {
            _relations.Add(use);
        }
    }

    public void RecordFunction(string name)
    {
        if (!_functions.Contains(name))
        {
            _functions.Add(name);
        }
    }

    public void RecordSetConfig(SetConfigCall call) => _setConfigCalls.Add(call);

    public void RecordNotify(NotifyCall call) => _notifyCalls.Add(call);

    /// <summary>Remembers a call whose effect or delay would be readable later; allowed as long as no tagged column is used.</summary>
    public void NoteSideEffect(string function) => _sideEffect ??= function;

    /// <summary>Remembers a call that tells how long the calls before it took.</summary>
    public void NoteClock(string function) => _clock ??= function;

    /// <summary>Remembers that something is computed from tagged values, whose size and time differ with them.</summary>
    public void NoteComputed() => Computes |= !IsDefinition;

    /// <param name="isPlainCast">A stored value is cast as it is: nothing of the statement chooses what the failure tells.</param>
    public void NoteMayFail(bool isPlainCast)
    {
        MayFail |= !IsDefinition;
        ChoosesFailure |= !IsDefinition && !isPlainCast;
    }

    public void NoteVaries() => Varies |= !IsDefinition;

    /// <summary>Counts the values a comparison holds against its column, once per comparison.</summary>
    /// <returns>How many values the statement compares with that column so far.</returns>
    public long CountComparedValues(TaggedSource column, int comparison, long values)
    {
        var counted = _comparedValues.GetValueOrDefault(column.FullName) + (_countedComparisons.Add(comparison) ? values : 0);
        _comparedValues[column.FullName] = counted;
        return counted;
    }

    public void CountStep()
    {
        if (++_steps > MaxSteps)
        {
            throw new TreeFormatException("the statement is too complex to be analysed");
        }
    }

    /// <summary>The rules that need the whole statement: no readable side effect beside tagged columns, no clock beside what is computed from them.</summary>
    public void JudgeSideEffects()
    {
        if (_clock is not null && Computes)
        {
            Refuse(
                "clock",
                $"{_clock} must not run in a statement that computes with the protected column {_phiColumns.FirstOrDefault()}: it would tell how long that takes.",
                "Use now(), or call it in a statement of its own.");
        }

        if (_sideEffect is not null && _phiColumns.Count > 0)
        {
            Refuse(
                "side-effect",
                $"{_sideEffect} must not run in a statement that uses the protected column {_phiColumns[0]}: its effect could be read later.",
                $"Call {_sideEffect} in a statement of its own that reads no protected column.");
        }
    }

    public RelationFacts? Relation(uint oid)
    {
        var facts = Catalog.Relation(oid, Since);
        if (facts is null)
        {
            _missingRelations.Add(oid);
        }

        return facts;
    }

    public void NeedRelation(uint oid) => _missingRelations.Add(oid);

    public FunctionFacts? Function(uint oid)
    {
        var facts = Catalog.Function(oid, Since);
        if (facts is null)
        {
            _missingFunctions.Add(oid);
        }

        return facts;
    }

    public OperatorFacts? Operator(uint oid)
    {
        var facts = Catalog.Operator(oid, Since);
        if (facts is null)
        {
            _missingOperators.Add(oid);
        }

        return facts;
    }

    /// <summary>Whether partition bounds are PHI on this target; asks for the fact when it is not fresh.</summary>
    public bool PartitionBoundsAreTagged()
    {
        if (Catalog.KnowsPartitionKeys(Since))
        {
            return Catalog.PartitionKeysAreTagged;
        }

        _partitionKeysMissing = true;
        return true;
    }

    /// <summary>Takes over what a stored definition's analysis could not find.</summary>
    public void AdoptMissing(LineageRun definition)
    {
        _missingRelations.UnionWith(definition._missingRelations);
        _missingFunctions.UnionWith(definition._missingFunctions);
        _missingOperators.UnionWith(definition._missingOperators);
        _partitionKeysMissing |= definition._partitionKeysMissing;
    }

    /// <summary>The rules on single conditions, after which the condition can still be a masked value.</summary>
    private static bool IsOfConditions(string rule) => rule is "computed-predicate" or "many-values" or "predicate-level";
}
