using System.Text;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>Rows as lines of text. A cell cannot look like the end of its row, of the table, or like something the gateway says.</summary>
internal static class TextTable
{
    public static string Of(IEnumerable<string> columns, IEnumerable<IReadOnlyList<string?>> rows)
    {
        var text = new StringBuilder();
        Line(text, columns);
        foreach (var row in rows)
        {
            text.Append('\n');
            Line(text, row);
        }
        return text.ToString();
    }

    private static void Line(StringBuilder text, IEnumerable<string?> cells)
    {
        var separator = "";
        foreach (var cell in cells)
        {
            text.Append(separator);
            separator = " | ";
            if (cell is null)
            {
                text.Append("NULL");
            }
            else
            {
                Escape(text, cell);
            }
        }
    }

    private static void Escape(StringBuilder text, string cell)
    {
        foreach (var character in cell)
        {
            switch (character)
            {
                case '\\':
                    text.Append("\\\\");
                    break;
                case '|':
                    text.Append("\\|");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                default:
                    text.Append(char.IsControl(character) || character is '\u2028' or '\u2029' ? ' ' : character);
                    break;
            }
        }
    }
}
