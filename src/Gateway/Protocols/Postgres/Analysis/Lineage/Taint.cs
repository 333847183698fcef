using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>What a value has to do with stored PHI.</summary>
internal enum TaintLevel : byte
{
    /// <summary>Nothing.</summary>
    Clean,

    /// <summary>It is the stored value of one tagged column, unchanged, or NULL.</summary>
    Identity,

    /// <summary>It was computed from tagged values, or chosen by them.</summary>
    Derived,
}

/// <summary>A level of the lattice with the column it comes from.</summary>
/// <param name="Level">The level.</param>
/// <param name="Source">The tagged column, or the first of several; null when clean.</param>
/// <param name="IsMixed">Whether more than one column is involved.</param>
internal readonly record struct Taint(TaintLevel Level, TaggedSource? Source, bool IsMixed = false)
{
    public static Taint Clean => default;

    public bool IsTainted => Level != TaintLevel.Clean;

    public bool IsIdentity => Level == TaintLevel.Identity;

    public static Taint Identity(TaggedSource source) => new(TaintLevel.Identity, source);

    public static Taint DerivedFrom(TaggedSource source) => new(TaintLevel.Derived, source);

    /// <summary>The taint of something computed from both.</summary>
    public Taint Compute(Taint other) => (IsTainted, other.IsTainted) switch
    {
        (false, false) => Clean,
        (true, false) => this with { Level = TaintLevel.Derived },
        (false, true) => other with { Level = TaintLevel.Derived },
        _ => new Taint(TaintLevel.Derived, Source, IsMixed || other.IsMixed || !IsSameSource(other)),
    };

    /// <summary>The taint of a column whose rows come from either: identity only where both are stored values of the same tag.</summary>
    public Taint Merge(Taint other)
    {
        var sameTag = IsIdentity && other.IsIdentity && Source!.Tag == other.Source!.Tag;
        return sameTag ? this with { IsMixed = IsMixed || !IsSameSource(other) } : Compute(other);
    }

    public bool IsSameSource(Taint other) => Source?.FullName == other.Source?.FullName;
}
