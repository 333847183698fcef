using Spectre.Console;

namespace Sallyport.Cli.Output;

/// <summary>Rows under headings: a drawn table for a person at a terminal, aligned columns for a pipe.</summary>
internal static class TableText
{
    private const int ColumnGap = 2;

    public static void Write(Surroundings surroundings, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var safe = rows.Select(row => row.Select(SafeText.Line).ToArray()).ToArray();
        if (surroundings.OutputIsTerminal)
        {
            Draw(surroundings, headings, safe);
        }
        else
        {
            Align(surroundings.Output, headings, safe);
        }
    }

    private static void Draw(Surroundings surroundings, IReadOnlyList<string> headings, string[][] rows)
    {
        // https://no-color.org: any non-empty value switches colours off.
        var colourless = surroundings.NonEmpty("NO_COLOR") is not null;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(surroundings.Output),
            ColorSystem = colourless ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Ansi = colourless ? AnsiSupport.No : AnsiSupport.Detect,
        });
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        console.Write(table);
    }

    private static void Align(TextWriter output, IReadOnlyList<string> headings, string[][] rows)
    {
        string[][] lines = [[.. headings], .. rows];
        var widths = Enumerable.Range(0, headings.Count).Select(column => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
        {
            var cells = line.Select((cell, column) => cell.PadRight(widths[column] + ColumnGap));
            output.WriteLine(string.Concat(cells).TrimEnd());
        }
    }
}
