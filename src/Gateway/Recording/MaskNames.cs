using Sallyport.Gateway.Masking;

namespace Sallyport.Gateway.Recording;

/// <summary>Names of mask operators in records.</summary>
internal static class MaskNames
{
    public static string Of(MaskKind kind) => kind switch
    {
        MaskKind.Redact => "redact",
        MaskKind.Token => "token",
        MaskKind.Year => "year",
        MaskKind.Null => "null",
        MaskKind.Partial => "partial",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
