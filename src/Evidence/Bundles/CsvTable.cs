using System.Globalization;
using System.Text;

namespace Sallyport.Evidence.Bundles;

/// <summary>Writes one CSV table (RFC 4180) that is safe to open in a spreadsheet: no cell can become a formula.</summary>
internal sealed class CsvTable
{
    private readonly StringBuilder _text = new();

    public CsvTable(params ReadOnlySpan<string> columns) => Row(columns);

    public int Rows { get; private set; } = -1;

    public void Row(params ReadOnlySpan<string> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            _text.Append(i == 0 ? "" : ",");
            Cell(cells[i]);
        }
        _text.Append("\r\n");
        Rows++;
    }

    public BundleFile ToFile(string path) => new(path, Encoding.UTF8.GetBytes(_text.ToString()));

    public static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private void Cell(string value)
    {
        if (value.Length > 0 && value[0] is ('=' or '+' or '-' or '@' or '\t' or '\r'))
        {
            value = "'" + value;
        }
        if (value.AsSpan().ContainsAny(",\"\r\n"))
        {
            value = "\"" + value.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        }
        _text.Append(value);
    }
}
