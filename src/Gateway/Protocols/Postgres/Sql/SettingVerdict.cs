namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Whether a run-time parameter may be set to a value by a client.</summary>
internal abstract record SettingVerdict
{
    private SettingVerdict()
    {
    }

    /// <summary>The server may be told.</summary>
    public sealed record Allowed() : SettingVerdict;

    /// <summary><c>client_min_messages</c>: the gateway filters by itself, the server keeps the gateway's own value.</summary>
    /// <param name="Level">Lower case, or null for the default.</param>
    public sealed record ClientMinMessages(string? Level) : SettingVerdict;

    /// <param name="Rule">Short stable id.</param>
    /// <param name="Reason">One sentence; names the parameter only if the gateway knows it, and never the value.</param>
    /// <param name="Remedy">One sentence.</param>
    public sealed record Refused(string Rule, string Reason, string Remedy) : SettingVerdict;
}
