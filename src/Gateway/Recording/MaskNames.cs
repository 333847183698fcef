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
        MaskKind.DateShift => "date-shift",
        MaskKind.Zip3 => "zip3",
        MaskKind.Age => "age",
        MaskKind.SameShape => "same-shape",
        MaskKind.Constant => "constant",
        MaskKind.Sentinel => "sentinel",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
