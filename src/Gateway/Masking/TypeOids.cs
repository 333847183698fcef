namespace Sallyport.Gateway.Masking;

/// <summary>OIDs of the built-in types masks know (src/include/catalog/pg_type.dat); they never change.</summary>
internal static class TypeOids
{
    public const uint Bool = 16;
    public const uint Bytea = 17;
    public const uint Char = 18;
    public const uint Name = 19;
    public const uint Int8 = 20;
    public const uint Int2 = 21;
    public const uint Int4 = 23;
    public const uint Text = 25;
    public const uint Oid = 26;
    public const uint Json = 114;
    public const uint Float4 = 700;
    public const uint Float8 = 701;
    public const uint Unknown = 705;
    public const uint NameArray = 1003;
    public const uint TextArray = 1009;
    public const uint BpcharArray = 1014;
    public const uint VarcharArray = 1015;
    public const uint Bpchar = 1042;
    public const uint Varchar = 1043;
    public const uint Date = 1082;
    public const uint Time = 1083;
    public const uint Timestamp = 1114;
    public const uint Timestamptz = 1184;
    public const uint Bit = 1560;
    public const uint Numeric = 1700;
    public const uint Uuid = 2950;
    public const uint Jsonb = 3802;

    /// <summary>The element of a built-in array of text, or 0.</summary>
    public static uint TextElement(uint array) => array switch
    {
        NameArray => Name,
        TextArray => Text,
        BpcharArray => Bpchar,
        VarcharArray => Varchar,
        _ => 0,
    };
}
