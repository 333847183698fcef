using System.Numerics;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// A text of more than a gigabyte is an error, so what is made that long around a stored value fails or not by the value's length. What lengthens
/// is followed as a power of two, roughly: linear chains of <c>||</c> stay where they are, doublings and repetitions add up.
/// </summary>
internal sealed class Lengths(LineageRun run)
{
    /// <summary>Up to 2^14 times: values of sixteen bytes stay a thousand times below the limit.</summary>
    private const int MostGrowth = 14;

    /// <summary>The logarithm of an ordinary stored text's length.</summary>
    private const int OrdinaryLog = 4;

    /// <summary>What a parameter may bring: sixteen thousand bytes, and a thousand times as many before it alone reaches the limit.</summary>
    private const byte ParameterGrowth = 10;

    /// <summary>What an aggregate of texts is taken for.</summary>
    private const int AggregateGrowth = 6;

    /// <summary>A byte of a Datum is printed with up to four characters.</summary>
    private const int PrintedByte = 4;

    private readonly NodeTree _tree = run.Tree;

    public static Taint OfParameter() => Taint.Clean with { Growth = ParameterGrowth };

    public Taint OfConstant(int node)
    {
        ref var value = ref _tree[_tree.Value(node, Field.Constvalue)];
        var growth = value.Type == ElementType.Bytes ? Log(value.Length / PrintedByte) - OrdinaryLog : 0;
        return growth > 0 ? Taint.Clean with { Growth = Capped(growth) } : Taint.Clean;
    }

    /// <summary>The taint of a call's result with its growth; refuses what could become too long around a tagged value.</summary>
    public Taint OfCall(FunctionFacts? facts, NodeTree.ListItems items, in Arguments arguments, in Taint result)
    {
        if (facts is not { Schema: "pg_catalog", IsOwn: false })
        {
            return result;
        }

        int? growth = facts.Name switch
        {
            "repeat" => arguments.Growths.First + (run.Failures.Number(items.At(1)) is { } times ? Log(times) : Taint.MaxGrowth),
            "textcat" or "anytextcat" or "textanycat" or "byteacat" or "concat" or "concat_ws" or "format" => arguments.Longest + Log(arguments.AsLong),
            "replace" or "regexp_replace" => arguments.Growths.First + arguments.Growths.Third + OrdinaryLog,
            "string_agg" => arguments.Longest + AggregateGrowth,
            "encode" or "quote_literal" or "quote_ident" or "quote_nullable" => arguments.Longest + 1,
            "lpad" or "rpad" => Math.Max(arguments.Growths.First, run.Failures.Number(items.At(1)) is { } length ? Log(length) - OrdinaryLog : Taint.MaxGrowth),
            _ => null,
        };
        if (growth is not { } found)
        {
            return result;
        }

        if (found > MostGrowth && result.IsTainted && facts.Name is not ("lpad" or "rpad"))
        {
            run.Refuse(
                "computed-failure",
                $"{facts.Name} could make a text longer than the server allows, depending on how long the protected column {result.Source!.FullName} is: its error would tell that.",
                "Select the column itself; it comes back masked.");
        }

        return result with { Growth = Capped(found) };
    }

    /// <summary>The logarithm of base two, rounded up; 0 for what is not positive.</summary>
    private static int Log(long value) => value <= 1 ? 0 : BitOperations.Log2((ulong)value - 1) + 1;

    private static byte Capped(int growth) => (byte)Math.Clamp(growth, 0, Taint.MaxGrowth);
}
