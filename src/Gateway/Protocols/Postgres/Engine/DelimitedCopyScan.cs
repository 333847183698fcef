using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The text and csv formats. A masked value has neither quotes nor escapes inside, so these only tell where fields end.</summary>
internal sealed class DelimitedCopyScan(CopyLayout layout, MaskedForms forms) : CopyScan(forms)
{
    private readonly bool _isCsv = layout.Format == CopyFormat.Csv;
    private readonly byte[] _unquotedStops =
        layout.Format == CopyFormat.Csv ? [layout.Delimiter, (byte)'\n', (byte)'\r', layout.Quote] : [layout.Delimiter, (byte)'\n', (byte)'\r'];
    private readonly byte[] _quotedStops = layout.Escape == layout.Quote ? [layout.Quote] : [layout.Quote, layout.Escape];
    private bool _isQuoted;
    private bool _isEscaped;

    public override bool Finds(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            if (_isEscaped)
            {
                Take(data[..1]);
                _isEscaped = false;
                data = data[1..];
                continue;
            }

            var end = data.IndexOfAny(_isQuoted ? _quotedStops : _unquotedStops);
            Take(end < 0 ? data : data[..end]);
            if (end < 0)
            {
                return false;
            }

            var stop = data[end];
            data = data[(end + 1)..];
            if (_isCsv && stop == layout.Quote)
            {
                _isQuoted = !_isQuoted;
            }
            else if (_isQuoted)
            {
                _isEscaped = true;
            }
            else if (IsMasked())
            {
                return true;
            }
        }

        return false;
    }

    public override bool FindsAtEnd() => IsMasked();
}
