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

    public readonly int Count => _count;

    public void Add(in Taint taint)
    {
        All = All.Compute(taint);
        HasDerived |= taint.IsDerived;
        IsFirstTainted |= taint.IsTainted && _count == 0;
        IsSecondTainted |= taint.IsTainted && _count == 1;
        AreOthersTainted |= taint.IsTainted && _count > 1;
        _count++;
    }
}
