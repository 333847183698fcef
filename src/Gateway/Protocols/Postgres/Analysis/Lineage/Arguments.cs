using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>The taints of a call's arguments: all together, and where the tagged ones stand.</summary>
internal struct Arguments
{
    private int _count;

    public Taint All { get; private set; }

    public bool IsFirstTainted { get; private set; }

    public bool IsSecondTainted { get; private set; }

    public bool AreOthersTainted { get; private set; }

    /// <summary>Whether everything tagged among the arguments is stored values as they are.</summary>
    public bool HasDerived { get; private set; }

    /// <summary>Whether the order of rows by the arguments may not be told.</summary>
    public bool HidesOrder { get; private set; }

    public readonly int Count => _count;

    /// <summary>The <see cref="Taint.Growth"/> of the longest.</summary>
    public byte Longest { get; private set; }

    /// <summary>How many can be as long as the longest.</summary>
    public int AsLong { get; private set; }

    /// <summary>The growth of the first argument, and of the third.</summary>
    public (byte First, byte Third) Growths { get; private set; }

    public void Add(in Taint taint)
    {
        All = All.Compute(taint);
        AsLong = taint.Growth > Longest || _count == 0 ? 1 : taint.Growth == Longest ? AsLong + 1 : AsLong;
        Longest = Math.Max(Longest, taint.Growth);
        Growths = _count switch
        {
            0 => (taint.Growth, 0),
            2 => (Growths.First, taint.Growth),
            _ => Growths,
        };
        HasDerived |= taint.IsDerived;
        HidesOrder |= taint.IsDerived || taint.IsIdentity && taint.Source!.Predicates < PredicateLevel.Strict;
        IsFirstTainted |= taint.IsTainted && _count == 0;
        IsSecondTainted |= taint.IsTainted && _count == 1;
        AreOthersTainted |= taint.IsTainted && _count > 1;
        _count++;
    }
}
