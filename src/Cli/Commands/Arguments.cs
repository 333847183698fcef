using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using Sallyport.Api;

namespace Sallyport.Cli.Commands;

/// <summary>Arguments and options that several commands share.</summary>
internal static partial class Arguments
{
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(7);

    public static Argument<string> ApprovalId() => new("ID") { Description = "The approval's id, e.g. apr_7Kq2." };

    public static Argument<string> SessionId() => new("ID") { Description = "The session's id." };

    public static Option<string> Target() => new("--target") { Description = "The target's name.", HelpName = "NAME", Required = true };

    public static Option<int> Limit() => new("--limit")
    {
        Description = $"Most entries to show, 1 to {ApiLimits.MaxPageItems}.",
        HelpName = "N",
        DefaultValueFactory = _ => ApiLimits.DefaultPageItems,
        CustomParser = result =>
            int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= ApiLimits.MaxPageItems
                ? limit
                : Refuse<int>(result, $"--limit takes a number from 1 to {ApiLimits.MaxPageItems}."),
    };

    public static Option<string?> Reason(bool required, string description)
    {
        var option = new Option<string?>("--reason") { Description = description, HelpName = "TEXT", Required = required };
        option.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string?>();
            if (text is not null && (string.IsNullOrWhiteSpace(text) || text.Length > ApiLimits.MaxReasonCharacters))
            {
                result.AddError($"--reason takes 1 to {ApiLimits.MaxReasonCharacters} characters.");
            }
        });
        return option;
    }

    /// <summary>A length of time: <c>90s</c>, <c>10m</c>, <c>1h30m</c>, or bare seconds.</summary>
    public static Option<TimeSpan> Duration(string name, string description, TimeSpan whenAbsent) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => whenAbsent,
        CustomParser = result => TryParseDuration(result.Tokens[0].Value, out var duration)
            ? duration
            : Refuse<TimeSpan>(result, $"{name} takes a time such as 90s, 10m or 1h30m, at most 7 days."),
    };

    /// <summary>A length of time that may be left out.</summary>
    public static Option<TimeSpan?> OptionalDuration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => TryParseDuration(result.Tokens[0].Value, out var duration) && duration > TimeSpan.Zero
            ? duration
            : Refuse<TimeSpan?>(result, $"{name} takes a time such as 90s, 10m or 1h30m, at most 7 days."),
    };

    /// <summary>An instant: ISO 8601; without an offset it is UTC.</summary>
    public static Option<DateTimeOffset?> Instant(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => TryParseInstant(result.Tokens[0].Value, out var instant)
            ? instant
            : Refuse<DateTimeOffset?>(result, $"{name} takes an ISO 8601 time such as 2026-11-21 or 2026-11-21T14:00:00Z."),
    };

    public static Option<string?> Key() => new("--key")
    {
        Description = "The ledger's public key (NAME+KEYID+BASE64 or PEM), or a file that holds it. Get it from somebody other than the sender.",
        HelpName = "KEY",
    };

    public static Option<string?> Policy() => new("--policy")
    {
        Description = "Instead of --key: a file with the ledgers and witnesses you trust and the quorum you ask for (c2sp.org/tlog-policy).",
        HelpName = "FILE",
    };

    internal static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var match = DurationPattern.Match(text);
        if (!match.Success)
        {
            return false;
        }

        double Number(string group) => match.Groups[group].Success ? double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;

        var seconds = (Number("hours") * 3600) + (Number("minutes") * 60) + Number("seconds") + Number("bare");
        if (seconds > LongestDuration.TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    internal static bool TryParseInstant(string text, out DateTimeOffset instant)
    {
        string[] formats =
        [
            "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF",
            "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFK",
        ];
        return DateTimeOffset.TryParseExact(
            text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
    }

    private static T Refuse<T>(ArgumentResult result, string message)
    {
        result.AddError(message);
        return default!;
    }

    [GeneratedRegex(
        @"\A(?:(?<bare>\d{1,7})|(?=\d)(?:(?<hours>\d{1,4})h)?(?:(?<minutes>\d{1,6})m)?(?:(?<seconds>\d{1,7})s)?)\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 100)]
    private static partial Regex DurationPattern { get; }
}
