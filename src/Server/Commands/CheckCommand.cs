using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Transport;
using Sallyport.Server.Hosting;

namespace Sallyport.Server.Commands;

/// <summary><c>check CONFIG</c>: reads a configuration as a whole and lists every problem at once.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("CONFIG") { Description = "The configuration file." };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text." };
        var live = new Option<bool>("--live") { Description = "Also sign in to every target as the gateway would, and say what it lacks, with the SQL that mends it. Changes nothing." };
        var command = new Command("check", "Check a configuration file as a whole and list every problem. Ends with 0 when it can be enforced, with 1 when not.")
        {
            Arguments = { file },
            Options = { json, live },
        };
        command.SetAction((parsed, cancellationToken) => CheckAsync(
            parsed.GetRequiredValue(file), parsed.GetValue(json), parsed.GetValue(live), parsed.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    private static async Task<int> CheckAsync(string file, bool asJson, bool isLive, TextWriter output, CancellationToken cancellationToken)
    {
        var result = ConfigurationLoader.Load(file);
        var isValid = result.Configuration is not null;
        IReadOnlyList<LiveFinding>? findings = isLive && isValid ? await LookAsync(result.Configuration!, cancellationToken) : null;
        if (asJson)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(
                new CheckReport(isValid, result.Problems, findings?.Select(static finding => new LiveEntry(finding.Target, NameOf(finding.Severity), finding.Message, finding.Fix)).ToList()), CheckJson.Default.CheckReport));
        }
        else
        {
            foreach (var problem in result.Problems)
            {
                await output.WriteLineAsync(problem.ToString());
            }
            foreach (var finding in findings ?? [])
            {
                await output.WriteLineAsync($"target {finding.Target}: {NameOf(finding.Severity)}: {OneLine(finding.Message)}");
                if (finding.Fix.Length > 0)
                {
                    await output.WriteLineAsync($"    {OneLine(finding.Fix)}");
                }
            }
            await output.WriteLineAsync(isValid ? $"{file}: valid, policy {result.Configuration!.Hash}" : $"{file}: cannot be enforced");
        }
        return isValid && findings?.Any(static finding => finding.Severity == LiveSeverity.Error) != true ? ExitCode.Done : ExitCode.InvalidConfiguration;
    }

    private static async Task<IReadOnlyList<LiveFinding>> LookAsync(GatewayConfiguration configuration, CancellationToken cancellationToken)
    {
        await using var transport = TransportEngine.Create(new TransportOptions());
        var findings = new List<LiveFinding>();
        foreach (var target in configuration.Targets)
        {
            findings.AddRange(await LiveCheck.RunAsync(
                ConfiguredTargets.Create(target, transport, TimeProvider.System),
                ConfiguredTargets.FactsOf(configuration.Policy, target.Name),
                [.. configuration.Policy.Grants.Where(grant => grant.Target == target.Name)],
                transport,
                cancellationToken));
        }
        return findings;
    }

    private static string NameOf(LiveSeverity severity) => severity.ToString().ToLowerInvariant();

    /// <summary>Names of the target's objects may hold anything; none may draw on the operator's terminal.</summary>
    private static string OneLine(string text) =>
        string.Create(text.Length, text, static (line, from) =>
        {
            for (var index = 0; index < from.Length; index++)
            {
                line[index] = char.IsControl(from[index]) || char.GetUnicodeCategory(from[index]) == UnicodeCategory.Format ? '?' : from[index];
            }
        });
}

/// <summary>What <c>check --json</c> prints.</summary>
/// <param name="Valid">Whether the file can be enforced.</param>
/// <param name="Problems">What is wrong with the file.</param>
/// <param name="Live">What the targets lack; absent without <c>--live</c>.</param>
internal sealed record CheckReport(bool Valid, IReadOnlyList<ConfigurationProblem> Problems, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<LiveEntry>? Live = null);

/// <summary>One finding as <c>check --live --json</c> prints it; <c>severity</c> is <c>error</c>, <c>warning</c> or <c>note</c>.</summary>
internal sealed record LiveEntry(string Target, string Severity, string Message, string Fix);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CheckReport))]
internal sealed partial class CheckJson : JsonSerializerContext;
