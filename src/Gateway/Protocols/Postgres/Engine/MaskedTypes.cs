using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Puts together what a mask has to know of a result column's type.</summary>
internal static class MaskedTypes
{
    /// <summary>A type the catalogue was not asked about is one nothing is known of: its values become NULL.</summary>
    public static MaskedType Of(ResultField field, TargetCatalog catalog)
    {
        var facts = catalog.Type(field.Type.TypeOid);
        return new MaskedType(field.Type.TypeOid, field.Type.TypeModifier, field.IsBinary, facts is { IsTextLike: true })
        {
            Shape = facts?.Kind switch
            {
                TypeKind.Array => TypeShape.Array,
                TypeKind.Enum => TypeShape.Enum,
                TypeKind.Range => TypeShape.Range,
                TypeKind.Multirange => TypeShape.Multirange,
                _ => TypeShape.Other,
            },
            ElementOid = facts?.ElementOid ?? 0,
        };
    }
}
