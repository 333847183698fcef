using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>One thing that is wrong with a configuration file. Never holds a secret.</summary>
/// <param name="File">The file as it was named by the caller.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to do about it.</param>
/// <param name="IsWarning">Whether the file can be used all the same.</param>
public sealed record ConfigurationProblem(string File, int Line, string Message, string Remedy, bool IsWarning = false)
{
    public override string ToString() => $"{File}:{Line}: {(IsWarning ? "warning: " : "")}{Message} - {Remedy}";
}

/// <summary>What reading a configuration file gave.</summary>
/// <param name="Configuration">The whole configuration, or null when any problem is not a mere warning.</param>
/// <param name="Problems">Every problem, in the order of lines.</param>
public sealed record ConfigurationResult(GatewayConfiguration? Configuration, ImmutableArray<ConfigurationProblem> Problems)
{
    /// <summary>SHA-256 of the file as <see cref="GatewayConfiguration.Hash"/> counts it, also where it has problems; empty where it could not be read.</summary>
    public string Hash { get; init; } = "";
}
