namespace Sallyport.Gateway.Masking;

/// <summary>The operator applied to a tagged value. Configuration names are the lower-case member names.</summary>
public enum MaskKind
{
    /// <summary>A fixed constant of the value's type, e.g. <c>[NAME]</c>.</summary>
    Redact,

    /// <summary>Keyed HMAC-SHA-256 token: equal values give equal tokens under one key.</summary>
    Token,

    /// <summary>The year of a date or timestamp, as 1 January of that year; dates that tell an age over 89 become 1 January of the bucket year.</summary>
    Year,

    /// <summary>SQL NULL.</summary>
    Null,

    /// <summary>Only the last characters stay readable.</summary>
    Partial,
}
