using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The run-time parameters a session starts with at the target: the client's allowed ones, and the pins, which no RESET undoes.</summary>
internal sealed record StartupSettings(IReadOnlyList<KeyValuePair<string, string>> Parameters, NoticeLevel NoticeLevel, string ApplicationName)
{
    /// <summary>What the gateway's analysis depends on. Start-up values survive RESET ALL and DISCARD ALL.</summary>
    private static readonly KeyValuePair<string, string>[] Pins =
    [
        new("client_encoding", "UTF8"),
        new("standard_conforming_strings", "on"),
        new("backslash_quote", "safe_encoding"),
        new("client_min_messages", "log"),
        new("debug_print_rewritten", "on"),
        new("debug_print_parse", "off"),
        new("debug_print_plan", "off"),
        new("debug_pretty_print", "off"),
    ];

    /// <summary>Reads a client's start-up parameters.</summary>
    /// <returns>Null when one is refused; then <paramref name="refusal"/> says which, with the remedy.</returns>
    public static StartupSettings? Of(StartupPacket.Startup startup, out string refusal)
    {
        refusal = "";
        var settings = new List<KeyValuePair<string, string>>();
        var level = NoticeLevel.Notice;
        var assignments = Assignments(startup, out var badOptions);
        if (badOptions)
        {
            refusal = "The start-up parameter options may hold nothing but settings (-c name=value). Leave the rest out.";
            return null;
        }

        foreach (var (name, value) in assignments)
        {
            switch (SettingPolicy.Judge(name, value))
            {
                case SettingVerdict.Allowed when !Array.Exists(Pins, pin => pin.Key.Equals(name, StringComparison.OrdinalIgnoreCase)):
                    settings.Add(new(name, value));
                    break;
                case SettingVerdict.ClientMinMessages messages:
                    level = messages.Level switch { "warning" => NoticeLevel.Warning, "error" => NoticeLevel.Error, _ => NoticeLevel.Notice };
                    break;
                case SettingVerdict.Refused refused:
                    refusal = $"{refused.Reason} {refused.Remedy}";
                    return null;
            }
        }

        return new StartupSettings([.. settings, .. Pins], level, startup.Get("application_name"));
    }

    private static List<KeyValuePair<string, string>> Assignments(StartupPacket.Startup startup, out bool badOptions)
    {
        badOptions = false;
        var assignments = new List<KeyValuePair<string, string>>();
        foreach (var (name, value) in startup.Parameters)
        {
            switch (name)
            {
                case "user" or "database" or "replication":
                    break;
                case "options":
                    badOptions |= !StartupOptions.TryParse(value, out var parsed);
                    assignments.AddRange(parsed.Where(static assignment => assignment.Key != SignInHint.Setting));
                    break;
                case var option when option.StartsWith("_pq_.", StringComparison.Ordinal):
                    break;
                default:
                    assignments.Add(new(name, value));
                    break;
            }
        }

        return assignments;
    }
}
