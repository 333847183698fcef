using System.Buffers.Binary;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// Errors are seen by the caller, so whether a computation fails is one bit of what it computes with. What an agent could turn into a question
/// of its own choice is refused: a failure that hangs on a decision taken from tagged values, numbers brought to their limit, divisors. What is
/// left, a stored value of the wrong form, is only noted, for the session's error budget.
/// </summary>
internal sealed class Failures(LineageRun run)
{
    /// <summary>Constants up to this size cannot be used to push a number of ordinary size over its limit.</summary>
    private const int SmallNumber = 1_000_000;

    private const int SmallPosition = 10_000;

    // pg_type OIDs.
    private const uint BoolType = 16;
    private const uint Int8Type = 20;
    private const uint Int2Type = 21;
    private const uint Int4Type = 23;
    private const uint IntervalType = 1186;
    private const uint NumericType = 1700;

    // The header of a numeric Datum (numeric.c) behind its length word.
    private const int NumericHeaderOffset = 4;
    private const int NumericFormMask = 0xC000;
    private const int NumericShortForm = 0x8000;

    // An interval Datum (timestamp.h): microseconds, days, months. About 3,000 and 10,000 years.
    private const int IntervalBytes = 16;
    private const int IntervalDaysOffset = 8;
    private const int IntervalMonthsOffset = 12;
    private const long MaxMicroseconds = 100_000_000_000_000_000;
    private const int MaxDays = 3_600_000;
    private const int MaxMonths = 120_000;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Adds to the taint of a call's arguments whether the call can fail, and judges it if that depends on tagged values.</summary>
    /// <param name="facts">The function; null while nothing is known of it.</param>
    /// <param name="arguments">The list of its arguments.</param>
    /// <param name="taints">Their taints.</param>
    /// <param name="isCast">Whether the statement does not call it by name.</param>
    public Taint OfCall(FunctionFacts? facts, int arguments, in Arguments taints, bool isCast = false)
    {
        var kind = KindOf(facts, arguments, taints.Count, isCast);
        var all = run.Lengths.OfCall(facts, _tree.Items(arguments), taints, taints.All);
        all = facts is { Edits: true } && all.IsTainted ? all.With(TaintTraits.Chosen) : all;
        if (kind == FailureKind.Never || IsHarmless(kind, facts!, arguments, taints))
        {
            return all;
        }

        var dependsOnTagged = kind switch
        {
            FailureKind.NotByFirst when facts!.Name is not "repeat" => taints.IsSecondTainted || taints.AreOthersTainted,
            FailureKind.NotBySecond => taints.IsFirstTainted || taints.AreOthersTainted,
            FailureKind.Division => taints.IsSecondTainted,
            _ => taints.All.IsTainted,
        };
        if (dependsOnTagged)
        {
            Judge(kind, facts, taints, isCast);
        }

        return all.With(TaintTraits.CanFail);
    }

    /// <summary>Adds to a taint that its evaluation can fail by the form of the value: casts from text, domains, JSON.</summary>
    /// <param name="taint">Of what is converted.</param>
    /// <param name="what">For the refusal.</param>
    /// <param name="isPlainCast">It is a stored value, and the type is one whose texts nobody but the server decides on.</param>
    public Taint OfConversion(in Taint taint, string what, bool isPlainCast = false)
    {
        if (taint.IsTainted)
        {
            run.NoteMayFail(isPlainCast);
            RefuseChosen(taint, what);
        }

        return taint.With(TaintTraits.CanFail);
    }

    /// <summary>Refuses something that can fail where a decision taken from tagged values says whether it is evaluated at all.</summary>
    public void JudgeSteered(in Taint decision, in Taint steered, string where)
    {
        if (decision.IsTainted && steered.CanFail)
        {
            run.Refuse(
                "steered-failure",
                $"Whether a part of {where} is evaluated depends on the protected column {decision.Source!.FullName}, and that part can fail or run a sub-select: the error would tell the column's value.",
                $"Leave casts, arithmetic and sub-selects out of {where}, or decide by columns that are not protected.");
        }
    }

    /// <summary>
    /// Casts to a length or precision have the names of the casts without, and more arguments. Called by name they fail on what is too long; as
    /// casts of a value that is stored they do too, but then the table's own length is the limit.
    /// </summary>
    private FailureKind KindOf(FunctionFacts? facts, int arguments, int count, bool isCast) => facts switch
    {
        { Failure: FailureKind.Never, Name: "numeric" } when count > 1 => FailureKind.Arithmetic,
        { Oid: < TargetCatalog.FirstNormalOid, Schema: "pg_catalog", Name: "varchar" or "bpchar" or "bit" or "varbit" } when count == 3 =>
            isCast || IsTrue(_tree.Items(arguments).At(2)) ? FailureKind.Never : FailureKind.Arithmetic,
        null => FailureKind.Other,
        _ => facts.Failure,
    };

    private bool IsTrue(int node) =>
        _tree.Kind(node) == NodeKind.Const && _tree.Oid(node, Field.Consttype) == BoolType && ConstantValue.Bytes(_tree, node) is [1, ..];

    private void Judge(FailureKind kind, FunctionFacts? facts, in Arguments taints, bool isCast)
    {
        var isOneStoredValue = taints.Count == 1 && !taints.HasDerived;
        run.NoteMayFail(isCast && isOneStoredValue && facts is { IsOwn: false });
        RefuseChosen(taints.All, facts?.Name ?? "a function");
        var isSteered = kind switch
        {
            FailureKind.Division => true,
            FailureKind.Arithmetic => !isOneStoredValue,
            FailureKind.Position => taints.Count == 1 || taints.IsSecondTainted || taints.AreOthersTainted,
            // How long the result may become is a limit that the text beside a tagged number chooses.
            FailureKind.NotByFirst when facts!.Name is "repeat" or "lpad" or "rpad" => taints.IsSecondTainted,
            FailureKind.NotByFirst => taints.HasDerived,
            _ => false,
        };
        if (isSteered)
        {
            run.Refuse(
                "computed-failure",
                $"{facts!.Name} takes something computed from the protected column {taints.All.Source!.FullName} and fails at some values, so its errors would tell the value.",
                "Select the column itself; it comes back masked.");
        }
    }

    private void RefuseChosen(in Taint taint, string what)
    {
        if (taint.IsChosen)
        {
            run.Refuse(
                "computed-failure",
                $"{what} can fail, and gets a decision taken from the protected column {taint.Source!.FullName}: its error would tell the decision.",
                "Select the column itself; it comes back masked.");
        }
    }

    /// <summary>Whether the constants of a call are such that no ordinary value makes it fail.</summary>
    private bool IsHarmless(FailureKind kind, FunctionFacts facts, int arguments, in Arguments taints)
    {
        var items = _tree.Items(arguments);
        return kind switch
        {
            FailureKind.NotByFirst => HasSmallPositions(items),
            FailureKind.Division => items.Count() == 2 && Number(items.At(1)) is { } divisor && divisor is not (0 or -1),
            FailureKind.Arithmetic => items.Count() == 2 && IsSmallStep(facts.Name, items, taints),
            _ => false,
        };
    }

    private bool HasSmallPositions(NodeTree.ListItems items)
    {
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst && Number(item) is not (>= 1 and <= SmallPosition))
            {
                return false;
            }

            isFirst = false;
        }

        return true;
    }

    /// <summary>One step of a small constant from a stored value, a clean one, or a length or code; many steps could reach any limit.</summary>
    private bool IsSmallStep(string name, NodeTree.ListItems items, in Arguments taints)
    {
        if (taints.HasDerived && !IsBounded(items.At(0)) && !IsBounded(items.At(1)))
        {
            return false;
        }

        if (name.EndsWith("pl", StringComparison.Ordinal) || name.EndsWith("mi", StringComparison.Ordinal) || name is "date_pli" or "date_mii")
        {
            return Number(items.At(0)) is >= -SmallNumber and <= SmallNumber || Number(items.At(1)) is >= -SmallNumber and <= SmallNumber;
        }

        return name is "numeric_mul" ? IsShortNumeric(items.At(0)) || IsShortNumeric(items.At(1))
            : name.EndsWith("_interval", StringComparison.Ordinal) && IsSmallInterval(items.At(1));
    }

    private bool IsBounded(int node) =>
        run.Functions.BuiltInName(node) is "ascii" or "length" or "char_length" or "character_length" or "octet_length" or "strpos" or "position" or "get_byte"
            or "array_length" or "cardinality";

    /// <summary>A numeric constant in the short form (numeric.c), whose exponent is small.</summary>
    private bool IsShortNumeric(int node)
    {
        return Number(node) is not null || _tree.Kind(node) == NodeKind.Const && _tree.Oid(node, Field.Consttype) == NumericType
            && ConstantValue.Bytes(_tree, node) is { Length: > NumericHeaderOffset + 1 } bytes
            && (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(NumericHeaderOffset)) & NumericFormMask) == NumericShortForm;
    }

    private bool IsSmallInterval(int node)
    {
        if (_tree.Kind(node) != NodeKind.Const || _tree.Oid(node, Field.Consttype) != IntervalType
            || ConstantValue.Bytes(_tree, node) is not { Length: IntervalBytes } bytes)
        {
            return false;
        }

        return BinaryPrimitives.ReadInt64LittleEndian(bytes) is >= -MaxMicroseconds and <= MaxMicroseconds
            && BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(IntervalDaysOffset)) is >= -MaxDays and <= MaxDays
            && BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(IntervalMonthsOffset)) is >= -MaxMonths and <= MaxMonths;
    }

    /// <summary>The value of an integer constant, perhaps converted to a wider type, or null.</summary>
    public long? Number(int node)
    {
        if (run.Functions.BuiltInName(node) is "numeric" or "int8" or "float8" && _tree.Items(node, Field.Args).Count() == 1)
        {
            return Number(_tree.Items(node, Field.Args).At(0));
        }

        if (_tree.Kind(node) != NodeKind.Const || _tree.Oid(node, Field.Consttype) is not (Int2Type or Int4Type or Int8Type))
        {
            return null;
        }

        return ConstantValue.Bytes(_tree, node) is { Length: sizeof(long) } bytes ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : null;
    }
}
