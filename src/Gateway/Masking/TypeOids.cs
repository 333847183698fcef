namespace Sallyport.Gateway.Masking;

/// <summary>OIDs of the built-in types masks know (src/include/catalog/pg_type.dat); they never change.</summary>
internal static class TypeOids
{
    public const uint Name = 19;
    public const uint Text = 25;
    public const uint Json = 114;
    public const uint Unknown = 705;
    public const uint Bpchar = 1042;
    public const uint Varchar = 1043;
    public const uint Date = 1082;
    public const uint Timestamp = 1114;
    public const uint Timestamptz = 1184;
    public const uint Uuid = 2950;
    public const uint Jsonb = 3802;
}
