namespace Sallyport.Api;

/// <summary>Where native clients connect.</summary>
public sealed record DoorsResource
{
    /// <summary>PostgreSQL clients; null where that door is shut.</summary>
    public DoorResource? Postgres { get; init; }
}

/// <summary>One door.</summary>
public sealed record DoorResource
{
    /// <summary>The host of the gateway's public address.</summary>
    public required string Host { get; init; }

    /// <summary>The port the gateway listens on.</summary>
    public required int Port { get; init; }

    /// <summary>Whether it speaks TLS; without, it serves this machine only.</summary>
    public required bool Tls { get; init; }
}
