using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>A statement that is about to be held for a human, as it would be executed.</summary>
/// <param name="Statement">What was judged.</param>
/// <param name="Parameters">The parameter part of its Bind; empty for none.</param>
/// <param name="BindsTokens">The values at the server are others than those, because tokens among them were redeemed.</param>
/// <param name="IsAlone">Nothing was executed in the session's transaction before it.</param>
internal readonly record struct HeldStatement(ServerStatement Statement, ReadOnlyMemory<byte> Parameters, bool BindsTokens, bool IsAlone);

/// <summary>The settings of the session that a text's meaning depends on.</summary>
internal sealed record SessionSettings(string SearchPath, string DateStyle, string IntervalStyle, string TimeZone)
{
    /// <summary>Sets them until the end of a transaction.</summary>
    public string SetSql() =>
        $"SELECT pg_catalog.set_config('DateStyle', {SqlQuoting.Text(DateStyle)}, true), pg_catalog.set_config('IntervalStyle', {SqlQuoting.Text(IntervalStyle)}, true), "
        + $"pg_catalog.set_config('TimeZone', {SqlQuoting.Text(TimeZone)}, true), pg_catalog.set_config('search_path', {SqlQuoting.Text(SearchPath)}, true)";

    /// <summary>Reads them in the session; one row of four columns.</summary>
    public const string Query =
        "SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'), pg_catalog.current_setting('TimeZone')";
}
