using System.Text;

namespace Sallyport.Cli.Mcp;

/// <summary>Reads lines no longer than a limit.</summary>
internal sealed class LineReader(TextReader reader, int maxCharacters)
{
    private const int BufferCharacters = 16 * 1024;

    private readonly char[] _buffer = new char[BufferCharacters];
    private int _start;
    private int _end;

    /// <returns>Null at the end.</returns>
    /// <exception cref="IOException">The line is too long.</exception>
    public async ValueTask<string?> ReadAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await reader.ReadAsync(_buffer, cancellationToken));
                if (_end == 0)
                {
                    return line.Length > 0 ? line.ToString() : null;
                }
            }

            var feed = Array.IndexOf(_buffer, '\n', _start, _end - _start);
            var length = (feed < 0 ? _end : feed) - _start;
            if (line.Length + length > maxCharacters)
            {
                throw new IOException($"A line has more than {maxCharacters} characters.");
            }

            line.Append(_buffer, _start, length);
            _start += length;
            if (feed >= 0)
            {
                _start++;
                return line.ToString().TrimEnd('\r');
            }
        }
    }
}
