namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Which run-time parameters clients may set, by SET, <c>set_config</c> with constants, the start-up packet or its <c>options</c>.</summary>
internal static class SettingPolicy
{
    /// <summary>Judges one assignment.</summary>
    /// <param name="name">The parameter, in any case.</param>
    /// <param name="value">The whole value; null for DEFAULT or RESET.</param>
    public static SettingVerdict Judge(string name, string? value) =>
        new SettingVerdict.Refused("setting-unknown", "This parameter is not one that clients may set.", "Leave it out.");
}
