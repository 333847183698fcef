using System.Buffers.Text;
using System.Security.Cryptography;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Recording;

/// <summary>The parts every record of this run shares: node, run, time and nonce.</summary>
internal sealed class RecordClock
{
    private const int NonceBytes = 16;
    private const int NoncePoolBytes = 256 * NonceBytes;
    private const int TimeBytes = 27;
    private const int BootBytes = 8;
    private const long MicrosecondsPerSecond = 1_000_000;
    private const long NanosecondsPerSecond = 1_000_000_000;

    [ThreadStatic]
    private static byte[]? _nonces;

    [ThreadStatic]
    private static int _noncesUsed;

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly byte[] _fields;

    public RecordClock(string node, TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        Boot = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(BootBytes));
        var line = new LineWriter();
        line.Field("node"u8, node);
        line.Field("boot"u8, Boot);
        _fields = line.Written.ToArray();
    }

    /// <summary>Random id of this run.</summary>
    public string Boot { get; }

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Wall clock less monotonic clock: constant, unless one of them was set.</summary>
    public long WallMinusMonotonicMicroseconds() =>
        _time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond - (long)((Int128)(_time.GetTimestamp() - _start) * MicrosecondsPerSecond / _time.TimestampFrequency);

    /// <summary>Writes <c>{"v":1,"k":…,"n":…,"node":…,"boot":…,"t":…,"mono":…</c>.</summary>
    public void Begin(LineWriter line, ReadOnlySpan<byte> kind)
    {
        line.Clear();
        line.Raw("{\"v\":1,\"k\":\""u8);
        line.Raw(kind);
        line.Raw("\",\"n\":\""u8);
        WriteNonce(line);
        line.Raw("\""u8);
        line.Raw(_fields);
        line.Raw(",\"t\":\""u8);
        WriteTime(line, _time.GetUtcNow());
        line.Raw("\""u8);
        var elapsed = _time.GetTimestamp() - _start;
        line.Field("mono"u8, (long)((Int128)elapsed * NanosecondsPerSecond / _time.TimestampFrequency));
    }

    /// <summary>RFC 3339, UTC, microseconds.</summary>
    public static void WriteTime(LineWriter line, DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[TimeBytes];
        var utc = time.UtcDateTime;
        // "O" is yyyy-MM-ddTHH:mm:ss.fffffffZ; the seventh digit is dropped.
        Span<byte> round = stackalloc byte[TimeBytes + 1];
        Utf8Formatter.TryFormat(utc, round, out _, 'O');
        round[..(TimeBytes - 1)].CopyTo(text);
        text[TimeBytes - 1] = (byte)'Z';
        line.Raw(text);
    }

    private static void WriteNonce(LineWriter line)
    {
        var pool = _nonces;
        if (pool is null || _noncesUsed + NonceBytes > NoncePoolBytes)
        {
            pool = _nonces ??= new byte[NoncePoolBytes];
            RandomNumberGenerator.Fill(pool);
            _noncesUsed = 0;
        }
        line.Hex(pool.AsSpan(_noncesUsed, NonceBytes));
        _noncesUsed += NonceBytes;
    }
}
