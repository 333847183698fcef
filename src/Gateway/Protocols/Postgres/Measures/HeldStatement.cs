using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>A statement that is about to be held for a human, as it would be executed.</summary>
/// <param name="Statement">What was judged.</param>
/// <param name="Parameters">The parameter part of its Bind; empty for none.</param>
/// <param name="BindsTokens">The values at the server are others than those, because tokens among them were redeemed.</param>
internal readonly record struct HeldStatement(ServerStatement Statement, ReadOnlyMemory<byte> Parameters, bool BindsTokens);

/// <summary>The settings of the session that a text's meaning depends on.</summary>
internal sealed record SessionSettings(string SearchPath, string DateStyle, string IntervalStyle, string TimeZone)
{
    /// <summary>Reads them in the session; one row of four columns.</summary>
    public const string Query =
        "SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'), pg_catalog.current_setting('TimeZone')";
}
