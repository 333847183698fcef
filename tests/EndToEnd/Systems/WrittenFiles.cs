using System.Text;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>Everything a gateway has written, at one moment: its data folder and its log.</summary>
internal sealed class WrittenFiles
{
    private readonly IReadOnlyList<(string Name, byte[] Bytes)> _files;

    private WrittenFiles(IReadOnlyList<(string, byte[])> files) => _files = files;

    public int Count => _files.Count;

    public static WrittenFiles Of(GatewayProcess gateway)
    {
        // A copy: the gateway holds locks on its files while it runs.
        var copy = Copy(gateway.DataDirectory);
        var files = Directory.EnumerateFiles(copy, "*", SearchOption.AllDirectories)
            .Select(f => (Path.GetRelativePath(copy, f), File.ReadAllBytes(f)))
            .Append(("log", Encoding.UTF8.GetBytes(gateway.Log)))
            .ToList();
        return new WrittenFiles(files);
    }

    /// <summary>What was written elsewhere.</summary>
    public static WrittenFiles Of(params IReadOnlyList<(string Name, byte[] Bytes)> files) => new(files);

    /// <summary>Copies a folder as a backup program would.</summary>
    public static string Copy(string folder)
    {
        var copy = TestRun.Subdirectory("copy");
        ChildProcess.RunAsync(new Launch("/bin/cp", "-a", folder + "/.", copy)).GetAwaiter().GetResult().Expect(0);
        return copy;
    }

    /// <summary>Names of the files that hold the text in any of the usual encodings.</summary>
    public IEnumerable<string> Holding(string text)
    {
        foreach (var (how, pattern) in Patterns(text))
        {
            foreach (var (name, bytes) in _files)
            {
                if (bytes.AsSpan().IndexOf(pattern) >= 0)
                {
                    yield return $"{name} ({how})";
                }
            }
        }
    }

    private static IEnumerable<(string How, byte[] Pattern)> Patterns(string text)
    {
        const int MinBase64 = 8;
        var utf8 = Encoding.UTF8.GetBytes(text);
        yield return ("UTF-8", utf8);
        yield return ("UTF-16", Encoding.Unicode.GetBytes(text));
        yield return ("hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(utf8)));
        yield return ("HEX", Encoding.ASCII.GetBytes(Convert.ToHexString(utf8)));
        var escaped = Uri.EscapeDataString(text);
        if (escaped != text)
        {
            yield return ("URL", Encoding.ASCII.GetBytes(escaped));
        }

        // Base64 of the text inside something longer looks different at each of the three alignments; the edges are cut off.
        for (var offset = 0; offset < 3; offset++)
        {
            var encoded = Convert.ToBase64String([.. new byte[offset], .. utf8, 0, 0])[(offset == 0 ? 0 : 4)..];
            var whole = (utf8.Length - (offset == 0 ? 0 : 3 - offset)) / 3 * 4;
            if (whole >= MinBase64)
            {
                yield return ($"base64+{offset}", Encoding.ASCII.GetBytes(encoded[..whole]));
                yield return ($"base64url+{offset}", Encoding.ASCII.GetBytes(encoded[..whole].Replace('+', '-').Replace('/', '_')));
            }
        }
    }
}
