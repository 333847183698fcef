namespace Sallyport.Api;

/// <summary>Times and sizes of one <see cref="SallyportClient"/>.</summary>
public sealed record SallyportClientOptions
{
    /// <summary>Longest time for one request and its answer, on top of the time a wait asks for.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time for a request that makes the gateway change or try something at a target.</summary>
    public TimeSpan TargetWorkTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Longest time to the first byte of a bundle, and between two of its bytes.</summary>
    public TimeSpan ExportStallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most bytes of a bundle.</summary>
    public long MaxExportBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>The clock that times run on.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
