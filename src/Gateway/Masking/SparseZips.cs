using System.Collections;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>The three-digit ZIP code areas with 20,000 people or fewer (45 CFR 164.514(b)(2)(i)(B)). Immutable; equal when the areas are.</summary>
public sealed class SparseZips : IEquatable<SparseZips>
{
    private const int Areas = 1_000;
    private const string Resource = "Sallyport.Gateway.Masking.Data.sparse-zip3-2000.txt";

    private readonly BitArray _areas = new(Areas);
    private readonly string _list;

    private SparseZips(IEnumerable<int> areas)
    {
        foreach (var area in areas)
        {
            _areas[area] = true;
        }

        _list = string.Join(' ', Enumerable.Range(0, Areas).Where(area => _areas[area]).Select(static area => area.ToString("D3")));
    }

    /// <summary>The list made from the 2000 Census.</summary>
    public static SparseZips Census2000 { get; } = ReadResource();

    /// <summary>Reads areas of three digits each, between spaces or line ends; <c>#</c> begins a comment.</summary>
    /// <returns>Null when something else stands there, or nothing at all.</returns>
    public static SparseZips? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var areas = new List<int>();
        foreach (var line in text.Split('\n'))
        {
            foreach (var word in line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.Length != 3 || !word.All(char.IsAsciiDigit))
                {
                    return null;
                }

                areas.Add(int.Parse(word));
            }
        }

        return areas.Count > 0 ? new SparseZips(areas) : null;
    }

    /// <param name="area">0 to 999.</param>
    public bool Contains(int area) => _areas[area];

    public bool Equals(SparseZips? other) => other is not null && _list == other._list;

    public override bool Equals(object? obj) => Equals(obj as SparseZips);

    public override int GetHashCode() => _list.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _list;

    private static SparseZips ReadResource()
    {
        using var stream = typeof(SparseZips).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not in the assembly.");
        var text = new byte[stream.Length];
        stream.ReadExactly(text);
        return Parse(Encoding.UTF8.GetString(text)) ?? throw new InvalidOperationException($"{Resource} is not a list of areas.");
    }
}
