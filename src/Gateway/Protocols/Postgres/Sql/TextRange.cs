namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>A run of bytes inside one statement text.</summary>
/// <param name="Start">Offset of the first byte.</param>
/// <param name="Length">Number of bytes.</param>
internal readonly record struct TextRange(int Start, int Length)
{
    public int End => Start + Length;

    public static TextRange Between(int start, int end) => new(start, end - start);

    public ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> text) => text.Slice(Start, Length);

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> text) => text.Slice(Start, Length);
}
