namespace Sallyport.EndToEnd.Clients;

/// <summary>Where a client connects: PostgreSQL itself, or the gateway in front of it.</summary>
internal sealed record Endpoint(int Port, string Database, string User, string Password)
{
    public const string Host = "127.0.0.1";

    public string SslMode { get; init; } = "disable";

    /// <summary>The variables every client of the scenario list reads.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["PGHOST"] = Host,
        ["PGPORT"] = Port.ToString(),
        ["PGDATABASE"] = Database,
        ["PGUSER"] = User,
        ["PGPASSWORD"] = Password,
        ["PGSSLMODE"] = SslMode,
        ["PGCONNECT_TIMEOUT"] = "30",
        ["LC_ALL"] = "C.UTF-8",
        ["TZ"] = "UTC",
        ["PSQL_HISTORY"] = "/dev/null",
    };
}
