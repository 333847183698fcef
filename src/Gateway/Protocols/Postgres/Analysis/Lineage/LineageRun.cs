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

    /// <summary>Most expressions looked at for one statement; each is usually looked at once.</summary>
    private const int MaxSteps = 2_000_000;

    private readonly HashSet<uint> _missingRelations = [];
    private readonly HashSet<uint> _missingFunctions = [];
    private readonly HashSet<uint> _missingOperators = [];
    private readonly List<string> _phiColumns = [];
    private readonly List<RelationUse> _relations = [];
    private readonly List<string> _functions = [];
    private readonly List<SetConfigCall> _setConfigCalls = [];
    private readonly Dictionary<string, long> _comparedValues = [];
    private readonly HashSet<int> _countedComparisons = [];
    private string? _sideEffect;
    private Taint _unusedComputation;
    private bool _isVolatile;
    private int _steps;
    private bool _partitionKeysMissing;

    public LineageRun(NodeTree tree, TargetCatalog catalog, int definitionDepth = 0)
    {
        Tree = tree;
        Catalog = catalog;
        DefinitionDepth = definitionDepth;
        Functions = new FunctionCalls(this);
        Expressions = new Expressions(this);
        ComparedValues = new ComparedValues(this);
        Predicates = new Predicates(this);
        RangeTables = new RangeTable(this);
        RelationEntries = new RelationEntries(this);
        Cardinality = new Cardinality(this);
        Sinks = new Sinks(this);
        Queries = new Queries(this);
    }

    public NodeTree Tree { get; }

    public TargetCatalog Catalog { get; }

    /// <summary>More than 0 while a stored definition is read: then only the lineage counts, and nothing is refused or recorded.</summary>
    public int DefinitionDepth { get; }

    public bool IsDefinition => DefinitionDepth > 0;

    public FunctionCalls Functions { get; }

    public Expressions Expressions { get; }

    public ComparedValues ComparedValues { get; }

    public Predicates Predicates { get; }

    public RangeTable RangeTables { get; }

    public RelationEntries RelationEntries { get; }

    public Cardinality Cardinality { get; }

    public Sinks Sinks { get; }

    public Queries Queries { get; }

    public CommandClass Class { get; private set; } = CommandClass.Read;

    public Effects Effects { get; private set; }

    public bool Unbounded { get; set; }

    public bool TouchesPhi { get; private set; }

    public Refusal? Refusal { get; private set; }

    public ImmutableArray<string> PhiColumns => [.. _phiColumns];

    public ImmutableArray<RelationUse> Relations => [.. _relations];

    public ImmutableArray<string> OwnFunctions => [.. _functions];

    public ImmutableArray<SetConfigCall> SetConfigCalls => [.. _setConfigCalls];

    public bool IsMissingFacts => _partitionKeysMissing || _missingRelations.Count + _missingFunctions.Count + _missingOperators.Count > 0;

    public MissingFacts Missing => new([.. _missingRelations.Order()], [.. _missingFunctions.Order()], [.. _missingOperators.Order()])
    {
        PartitionKeys = _partitionKeysMissing,
    };

    /// <summary>Keeps the first reason to refuse; the analysis goes on so that all facts are asked for at once.</summary>
    public void Refuse(string rule, string reason, string remedy)
    {
        if (!IsDefinition)
        {
            Refusal ??= new Refusal(rule, reason, remedy);
        }
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

    /// <summary>Remembers a call whose effect or delay would be readable later; allowed as long as no tagged column is used.</summary>
    public void NoteSideEffect(string function) => _sideEffect ??= function;

    /// <summary>Remembers a call that the planner may not drop even where its value is not used.</summary>
    public void NoteVolatile() => _isVolatile = true;

    /// <summary>Remembers that a sub-query computes something tagged, which is fine only as long as the server never evaluates it.</summary>
    public void NoteUnusedComputation(Taint taint) => _unusedComputation = _unusedComputation.IsTainted ? _unusedComputation : taint;

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

    /// <summary>The rules that need the whole statement: no readable side effect beside tagged columns, nothing computed that could fail unseen.</summary>
    public void JudgeSideEffects()
    {
        // The planner drops columns of sub-queries that nobody reads, but not when rows are written or locked, or functions are volatile.
        if (_unusedComputation.IsTainted && (_isVolatile || Class > CommandClass.Read || Effects.HasFlag(Effects.Lock)))
        {
            Queries.RefuseComputed(_unusedComputation, "computed-subquery", "a sub-query of a statement that writes, locks, or calls volatile functions");
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
        var facts = Catalog.Relation(oid);
        if (facts is null)
        {
            _missingRelations.Add(oid);
        }

        return facts;
    }

    public void NeedRelation(uint oid) => _missingRelations.Add(oid);

    public FunctionFacts? Function(uint oid)
    {
        var facts = Catalog.Function(oid);
        if (facts is null)
        {
            _missingFunctions.Add(oid);
        }

        return facts;
    }

    public OperatorFacts? Operator(uint oid)
    {
        var facts = Catalog.Operator(oid);
        if (facts is null)
        {
            _missingOperators.Add(oid);
        }

        return facts;
    }

    /// <summary>Whether partition bounds are PHI on this target; asks for the fact when it is not fresh.</summary>
    public bool PartitionBoundsAreTagged()
    {
        if (Catalog.PartitionKeysKnown)
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
}
