using System.CommandLine;
using System.Text;

namespace Sallyport.Cli.Commands;

/// <summary>What several commands about access share.</summary>
internal static class AccessOptions
{
    public const string RequestPrefix = "req_";

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan NoTime = TimeSpan.Zero;

    public static Argument<string> RequestId() => new("ID") { Description = "The request's id, e.g. req_7KQ2ABCDEF." };

    public static Argument<string> GrantId() => new("ID") { Description = "The grant's id, e.g. gr_7KQ2ABCDEF." };

    /// <summary>A list of names: separated by commas, given several times, or both.</summary>
    public static Option<string[]> Names(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
        CustomParser = result => [.. result.Tokens.SelectMany(static token => Split(token.Value))],
    };

    public static Option<TimeSpan> For(string description) => Arguments.Duration("--for", description, NoTime);

    public static Option<bool> Wait() => new("--wait") { Description = "Wait until it is decided." };

    public static Option<TimeSpan> Timeout() => Arguments.Duration("--timeout", "With --wait: how long at most, e.g. 90s, 10m, 1h.", DefaultTimeout);

    /// <summary>The exit codes of commands whose answer may still be open.</summary>
    public static Dictionary<int, string> ExitCodes(string failed)
    {
        var codes = ApiExitCodes.With(ExitCode.Done, "granted: go on", failed);
        codes[ExitCode.No] = "denied or expired";
        codes[ExitCode.StillPending] = "still pending: wait with `sallyport wait ID`";
        return codes.OrderBy(static code => code.Key).ToDictionary();
    }

    /// <summary>Cuts at commas outside of double quotes, in which PostgreSQL names may hold anything.</summary>
    internal static IEnumerable<string> Split(string text)
    {
        var part = new StringBuilder();
        var quoted = false;
        foreach (var character in text)
        {
            if (character == ',' && !quoted)
            {
                yield return part.ToString();
                part.Clear();
                continue;
            }

            quoted ^= character == '"';
            part.Append(character);
        }

        yield return part.ToString();
    }
}
