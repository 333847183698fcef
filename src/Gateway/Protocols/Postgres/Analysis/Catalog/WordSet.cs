using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>A set of byte strings that is asked by span and grows under concurrent use.</summary>
internal sealed class WordSet
{
    /// <summary>Most words kept; further ones are simply not known.</summary>
    private const int MaxWords = 1_000_000;

    private readonly ConcurrentDictionary<byte[], byte> _words = new(new Comparer());

    public bool Contains(ReadOnlySpan<byte> word) => _words.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(word);

    public void Add(byte[] word)
    {
        if (_words.Count < MaxWords)
        {
            _words.TryAdd(word, 0);
        }
    }

    private sealed class Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
