namespace Sallyport.Tools.Fuzzer;

/// <summary>A seeded generator (SplitMix64): the same seed gives the same numbers on every machine.</summary>
internal sealed class Prng(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A generator of its own for each part of a run: what one draws does not move the others.</summary>
    public static Prng For(ulong seed, params ReadOnlySpan<ulong> path)
    {
        foreach (var step in path)
        {
            seed = Mix(seed + 0x9E3779B97F4A7C15 + step);
        }

        return new Prng(seed);
    }

    public static ulong Hash(string text) => text.Aggregate(0xCBF29CE484222325, (hash, c) => (hash ^ c) * 0x100000001B3);

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>0 to <paramref name="below"/> - 1.</summary>
    public int Below(int below) => (int)(Next() % (ulong)below);

    public int Between(int least, int most) => least + Below(most - least + 1);

    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>The index of a weight, as often as its share of the sum says.</summary>
    public int Weighted(params ReadOnlySpan<int> weights)
    {
        var sum = 0;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        var at = Below(sum);
        for (var i = 0; i < weights.Length; i++)
        {
            at -= weights[i];
            if (at < 0)
            {
                return i;
            }
        }

        return weights.Length - 1;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
