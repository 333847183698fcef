namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>A parameter that is compared with a protected column whose mask is a token.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Column">The column, <c>schema.table.column</c>.</param>
/// <param name="Tag">The column's tag.</param>
/// <param name="IsArray">Whether it brings an array of values.</param>
/// <param name="IsPlain">Whether nothing else of the statement can see it, so that it may be given another value.</param>
internal readonly record struct TokenParameter(int Index, string Column, string Tag, bool IsArray, bool IsPlain);
