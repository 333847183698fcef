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

/// <summary>What else is known of how a value came about.</summary>
[Flags]
internal enum TaintTraits : byte
{
    None = 0,

    /// <summary>More than one tagged column is involved.</summary>
    Mixed = 1,

    /// <summary>Tagged values decide between few outcomes: a truth value, CASE, NULLIF. Whoever makes one outcome fail reads the decision.</summary>
    Chosen = 2,

    /// <summary>Working the value out may fail at run time. Clean values have this trait too.</summary>
    CanFail = 4,

    /// <summary>Not known yet: what a recursive WITH query takes from itself in the first round. Rows from elsewhere decide.</summary>
    Unknown = 8,
}

/// <summary>A level of the lattice with the column it comes from.</summary>
/// <param name="Level">The level.</param>
/// <param name="Source">The tagged column, or the first of several; null when clean.</param>
/// <param name="Traits">How it came about.</param>
/// <param name="Node">The element of the tree that first computed it, plus one; 0 when it is not derived or that is not known.</param>
internal readonly record struct Taint(TaintLevel Level, TaggedSource? Source, TaintTraits Traits = TaintTraits.None, int Node = 0)
{
    /// <summary>
    /// How much longer than an ordinary stored text the value can be, as a power of two: a guess from what lengthens it, at most <see cref="MaxGrowth"/>.
    /// Clean values have it too.
    /// </summary>
    public byte Growth { get; init; }

    public const byte MaxGrowth = 20;

    public static Taint Clean => default;

    public bool IsTainted => Level != TaintLevel.Clean;

    public bool IsIdentity => Level == TaintLevel.Identity;

    public bool IsDerived => Level == TaintLevel.Derived;

    public bool IsMixed => (Traits & TaintTraits.Mixed) != 0;

    public bool IsChosen => (Traits & TaintTraits.Chosen) != 0;

    public bool CanFail => (Traits & TaintTraits.CanFail) != 0;

    public static Taint Identity(TaggedSource source) => new(TaintLevel.Identity, source);

    public static Taint DerivedFrom(TaggedSource source) => new(TaintLevel.Derived, source);

    public Taint With(TaintTraits traits) => this with { Traits = Traits | traits };

    public Taint Without(TaintTraits traits) => this with { Traits = Traits & ~traits };

    /// <summary>A clean value of something whose evaluation has these traits.</summary>
    public Taint AsClean() => new(TaintLevel.Clean, null, Traits & TaintTraits.CanFail);

    /// <summary>The taint of something computed from both.</summary>
    public Taint Compute(in Taint other)
    {
        var traits = (Traits | other.Traits) & ~TaintTraits.Unknown;
        var growth = Math.Max(Growth, other.Growth);
        if (!other.IsTainted)
        {
            return Level == TaintLevel.Identity ? new Taint(TaintLevel.Derived, Source, traits) { Growth = growth } : this with { Traits = traits, Growth = growth };
        }

        if (!IsTainted)
        {
            return other with { Level = TaintLevel.Derived, Traits = traits, Growth = growth };
        }

        var mixed = IsSameSource(other) ? TaintTraits.None : TaintTraits.Mixed;
        return new Taint(TaintLevel.Derived, Source, traits | mixed, Node != 0 ? Node : other.Node) { Growth = growth };
    }

    /// <summary>The taint of a column whose rows come from either: identity only where both are stored values of the same tag.</summary>
    public Taint Merge(in Taint other)
    {
        if (((Traits | other.Traits) & TaintTraits.Unknown) != 0)
        {
            return (Traits & TaintTraits.Unknown) != 0 ? other : this;
        }

        if (!IsTainted && !other.IsTainted)
        {
            return With(other.Traits) with { Growth = Math.Max(Growth, other.Growth) };
        }

        var sameTag = IsIdentity && other.IsIdentity && Source!.Tag == other.Source!.Tag;
        return sameTag ? With(other.Traits | (IsSameSource(other) ? TaintTraits.None : TaintTraits.Mixed)) : Compute(other);
    }

    public bool IsSameSource(in Taint other) => Source?.FullName == other.Source?.FullName;
}
