using System.Globalization;

namespace Sallyport.Evidence.Bundles;

/// <summary>What a bundle holds: one session, or a period, narrowed to one agent where asked.</summary>
public sealed record EvidenceFilter
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>A session id, or empty.</summary>
    public string Session { get; private init; } = "";

    /// <summary>Start of the period as records write times, inclusive; empty for a session.</summary>
    public string From { get; private init; } = "";

    /// <summary>End of the period, exclusive; empty for a session.</summary>
    public string To { get; private init; } = "";

    /// <summary>An agent's name, an agent's <c>name/run</c>, or a subject id; empty for everybody.</summary>
    public string Agent { get; private init; } = "";

    /// <summary>Whether the bundle claims every record of the log between its first and its last.</summary>
    public bool IsWholeRange => Session.Length == 0 && Agent.Length == 0;

    /// <summary>One session with the approvals, policies and grants that belong to it.</summary>
    public static EvidenceFilter ForSession(string session)
    {
        ArgumentException.ThrowIfNullOrEmpty(session);
        return new EvidenceFilter { Session = session };
    }

    /// <summary>A period; without an agent every record of it.</summary>
    public static EvidenceFilter ForPeriod(DateTimeOffset from, DateTimeOffset to, string? agent = null)
    {
        if (from >= to)
        {
            throw new ArgumentException("The period ends before it starts.", nameof(to));
        }
        return new EvidenceFilter { From = Format(from), To = Format(to), Agent = agent ?? "" };
    }

    /// <summary>A time as records write it.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    internal static EvidenceFilter FromManifest(string session, string from, string to, string agent) =>
        new() { Session = session, From = from, To = to, Agent = agent };

    internal bool InPeriod(string time) => string.CompareOrdinal(time, From) >= 0 && string.CompareOrdinal(time, To) < 0;

    internal bool IsAgent(string agent, string subject) =>
        Agent.Length == 0
        || string.Equals(agent, Agent, StringComparison.Ordinal)
        || string.Equals(subject, Agent, StringComparison.Ordinal)
        || (agent.Length > Agent.Length && agent[Agent.Length] == '/' && agent.StartsWith(Agent, StringComparison.Ordinal));
}
