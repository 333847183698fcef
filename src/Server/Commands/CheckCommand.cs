using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Server.Commands;

/// <summary><c>check CONFIG</c>: reads a configuration as a whole and lists every problem at once.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("CONFIG") { Description = "The configuration file." };
        var json = new Option<bool>("--json") { Description = "Print JSON instead of text." };
        var command = new Command("check", "Check a configuration file as a whole and list every problem. Ends with 0 when it can be enforced, with 1 when not.")
        {
            Arguments = { file },
            Options = { json },
        };
        command.SetAction(parsed => Check(parsed.GetRequiredValue(file), parsed.GetValue(json), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static int Check(string file, bool asJson, TextWriter output)
    {
        var result = ConfigurationLoader.Load(file);
        var isValid = result.Configuration is not null;
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new CheckReport(isValid, result.Problems), CheckJson.Default.CheckReport));
        }
        else
        {
            foreach (var problem in result.Problems)
            {
                output.WriteLine(problem);
            }
            output.WriteLine(isValid ? $"{file}: valid, policy {result.Configuration!.Hash}" : $"{file}: cannot be enforced");
        }
        return isValid ? ExitCode.Done : ExitCode.InvalidConfiguration;
    }
}

/// <summary>What <c>check --json</c> prints.</summary>
internal sealed record CheckReport(bool Valid, IReadOnlyList<ConfigurationProblem> Problems);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CheckReport))]
internal sealed partial class CheckJson : JsonSerializerContext;
