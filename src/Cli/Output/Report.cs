using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sallyport.Cli.Output;

/// <summary>Where a command says what it found: text for people, JSON for programs, failures always on the error stream.</summary>
internal sealed class Report(Surroundings surroundings, bool json)
{
    public bool Json => json;

    public Surroundings Surroundings => surroundings;

    /// <summary>Writes an answer: as JSON when that was asked for, else by <paramref name="text"/>.</summary>
    public void Answer<T>(T value, JsonTypeInfo<T> type, Action<T> text)
    {
        if (json)
        {
            surroundings.Output.WriteLine(JsonSerializer.Serialize(value, type));
        }
        else
        {
            text(value);
        }
    }

    /// <summary>One line of the answer.</summary>
    public void Line(string text) => surroundings.Output.WriteLine(SafeText.Line(text));

    /// <summary>Several lines of the answer, indented.</summary>
    public void Block(string text)
    {
        foreach (var line in SafeText.Block(text).Split('\n'))
        {
            surroundings.Output.WriteLine($"  {line}");
        }
    }

    /// <summary>A line beside the answer, for a person; never part of what a program reads.</summary>
    public void Note(string text) => surroundings.Error.WriteLine(SafeText.Line(text));

    /// <summary>Writes rows under headings.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows) => TableText.Write(surroundings, headings, rows);

    /// <summary>Writes names and values below each other; entries without a value are left out.</summary>
    public void Fields(params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var width = 0;
        foreach (var (name, value) in fields)
        {
            width = Math.Max(width, string.IsNullOrEmpty(value) ? 0 : name.Length);
        }

        foreach (var (name, value) in fields)
        {
            if (!string.IsNullOrEmpty(value))
            {
                surroundings.Output.WriteLine($"{(name + ":").PadRight(width + 1)}  {SafeText.Line(value)}");
            }
        }
    }

    /// <summary>Says why the command ends, and gives the exit code back.</summary>
    public int Failure(int exitCode, string message, string remedy)
    {
        if (json)
        {
            var failure = new FailureReport(exitCode, message, remedy);
            surroundings.Error.WriteLine(JsonSerializer.Serialize(failure, CliJson.Default.FailureReport));
        }
        else
        {
            surroundings.Error.WriteLine(SafeText.Line(remedy.Length > 0 ? $"sallyport: {message} {remedy}" : $"sallyport: {message}"));
        }

        return exitCode;
    }
}

/// <summary>What <c>--json</c> writes to the error stream when a command fails.</summary>
internal sealed record FailureReport(int ExitCode, string Error, string Remedy);
