namespace Sallyport.Gateway.Masking;

/// <summary>The operator applied to a tagged value. Configuration names are the member names in kebab case.</summary>
public enum MaskKind
{
    /// <summary>A fixed constant that names the tag, e.g. <c>[NAME]</c>; NULL where the type is not text.</summary>
    Redact,

    /// <summary>Keyed HMAC-SHA-256 token: equal values give equal tokens under one key.</summary>
    Token,

    /// <summary>The year of a date or timestamp, as 1 January of that year; dates that tell an age over 89 become 1 January of the bucket year.</summary>
    Year,

    /// <summary>SQL NULL.</summary>
    Null,

    /// <summary>Only the last characters, or the domain of a mail address, stay readable.</summary>
    Partial,

    /// <summary>A date moved by weeks, the same number for all dates of one person; the year where the row does not say whose it is.</summary>
    DateShift,

    /// <summary>The first three digits of a ZIP code, <c>000</c> for thinly populated areas.</summary>
    Zip3,

    /// <summary>An age in whole years; every age over 89 is 90.</summary>
    Age,

    /// <summary>Letters become X, digits 0; length and separators stay.</summary>
    SameShape,

    /// <summary>A constant the operator of the gateway chose; NULL where the type cannot hold it.</summary>
    Constant,

    /// <summary>The built-in constant of the type: 0, 1900-01-01, an all-zero UUID.</summary>
    Sentinel,
}
