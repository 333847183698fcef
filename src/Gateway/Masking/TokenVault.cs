using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// Remembers which stored values the tokens handed out stand for, so that one can be taken back as a parameter. In memory only: the oldest are
/// forgotten first, and all of it is overwritten at the end. Thread-safe.
/// </summary>
/// <remarks>
/// Slots of one size in one pinned array, written in turn: [token 16][kind 4][tag 4][length 4][value]. A token that is handed out again long after the
/// first time moves to the front.
/// </remarks>
internal sealed class TokenVault : IDisposable
{
    /// <summary>Longest value that is remembered, in bytes. Tokens of longer ones are not accepted back.</summary>
    public const int MaxValueBytes = SlotBytes - ValueAt;

    /// <summary>Most tokens remembered: 1 MiB of values and tokens, and about half as much to find them.</summary>
    public const int MaxSlots = 8_192;

    private const int SlotBytes = 128;
    private const int ValueAt = 28;
    private const int FirstSlots = 64;

    /// <summary>Places of <see cref="_recent"/> for each slot, so that few values share one.</summary>
    private const int PlacesPerSlot = 4;

    /// <summary>The kind of an empty slot.</summary>
    private const int Empty = 0;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, int> _slotOf = [];
    private readonly List<string> _tags = [];
    private byte[] _slots = [];
    private int[] _recent = [];
    private int _next;
    private bool _isDisposed;

    /// <summary>The vault's own number of a tag.</summary>
    public int NumberOf(string tag)
    {
        lock (_lock)
        {
            var number = _tags.IndexOf(tag);
            if (number < 0)
            {
                number = _tags.Count;
                _tags.Add(tag);
            }

            return number;
        }
    }

    /// <summary>The token a value has been given already, if that is remembered.</summary>
    /// <param name="kind">What the token looks like (not 0): tokens of two kinds are two tokens.</param>
    public bool TryToken(int kind, int tag, ReadOnlySpan<byte> value, out UInt128 token)
    {
        token = default;
        if (value.Length > MaxValueBytes)
        {
            return false;
        }

        lock (_lock)
        {
            if (_slots.Length == 0)
            {
                return false;
            }

            var slot = _recent[HashOf(kind, tag, value) & (_recent.Length - 1)];
            var bytes = Slot(slot);
            if (!Holds(bytes, kind, tag, value))
            {
                return false;
            }

            token = BinaryPrimitives.ReadUInt128BigEndian(bytes);
            if (IsOld(slot))
            {
                Put(token, kind, tag, value);
            }

            return true;
        }
    }

    /// <summary>Remembers a token that is being handed out.</summary>
    public void Remember(UInt128 token, int kind, int tag, ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxValueBytes)
        {
            return;
        }

        lock (_lock)
        {
            if (!_isDisposed && !(_slotOf.TryGetValue(token, out var slot) && !IsOld(slot) && Holds(Slot(slot), kind, tag, value)))
            {
                Put(token, kind, tag, value);
            }
        }
    }

    /// <summary>The value a token stands for; null when it was not handed out here for that tag, or is forgotten.</summary>
    public byte[]? Redeem(UInt128 token, int kind, string tag)
    {
        lock (_lock)
        {
            var number = _tags.IndexOf(tag);
            if (number < 0 || !_slotOf.TryGetValue(token, out var slot))
            {
                return null;
            }

            var bytes = Slot(slot);
            return KindOf(bytes) == kind && TagOf(bytes) == number ? bytes.Slice(ValueAt, LengthOf(bytes)).ToArray() : null;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            CryptographicOperations.ZeroMemory(_slots);
            (_slots, _recent, _next) = ([], [], 0);
            _slotOf.Clear();
        }
    }

    private int Slots => _slots.Length / SlotBytes;

    private Span<byte> Slot(int slot) => _slots.AsSpan(slot * SlotBytes, SlotBytes);

    private static int KindOf(ReadOnlySpan<byte> slot) => BinaryPrimitives.ReadInt32LittleEndian(slot[16..]);

    private static int TagOf(ReadOnlySpan<byte> slot) => BinaryPrimitives.ReadInt32LittleEndian(slot[20..]);

    private static int LengthOf(ReadOnlySpan<byte> slot) => BinaryPrimitives.ReadInt32LittleEndian(slot[24..]);

    private static bool Holds(ReadOnlySpan<byte> slot, int kind, int tag, ReadOnlySpan<byte> value) =>
        KindOf(slot) == kind && TagOf(slot) == tag && slot.Slice(ValueAt, LengthOf(slot)).SequenceEqual(value);

    /// <summary>Whether more than half of all slots were written since.</summary>
    private bool IsOld(int slot) => Slots == MaxSlots && (_next - slot + MaxSlots) % MaxSlots > MaxSlots / 2;

    private void Put(UInt128 token, int kind, int tag, ReadOnlySpan<byte> value)
    {
        if (_next == Slots)
        {
            GrowOrTurn();
        }

        if (_slotOf.Remove(token, out var before))
        {
            Slot(before).Clear();
        }

        var slot = Slot(_next);
        if (KindOf(slot) != Empty)
        {
            _slotOf.Remove(BinaryPrimitives.ReadUInt128BigEndian(slot));
        }

        slot.Clear();
        BinaryPrimitives.WriteUInt128BigEndian(slot, token);
        BinaryPrimitives.WriteInt32LittleEndian(slot[16..], kind);
        BinaryPrimitives.WriteInt32LittleEndian(slot[20..], tag);
        BinaryPrimitives.WriteInt32LittleEndian(slot[24..], value.Length);
        value.CopyTo(slot[ValueAt..]);
        _slotOf[token] = _next;
        _recent[HashOf(kind, tag, value) & (_recent.Length - 1)] = _next;
        _next++;
    }

    private void GrowOrTurn()
    {
        if (Slots == MaxSlots)
        {
            _next = 0;
            return;
        }

        var slots = Math.Max(FirstSlots, 2 * Slots);
        // Pinned, so that the garbage collector leaves no copies behind.
        var larger = GC.AllocateArray<byte>(slots * SlotBytes, pinned: true);
        _slots.CopyTo(larger, 0);
        CryptographicOperations.ZeroMemory(_slots);
        _slots = larger;
        _recent = new int[slots * PlacesPerSlot];
        for (var slot = 0; slot < _next; slot++)
        {
            var bytes = Slot(slot);
            _recent[HashOf(KindOf(bytes), TagOf(bytes), bytes.Slice(ValueAt, LengthOf(bytes))) & (_recent.Length - 1)] = slot;
        }
    }

    /// <summary>Spreads values over the places of <see cref="_recent"/>; two with the same place only cost a computation.</summary>
    private static int HashOf(int kind, int tag, ReadOnlySpan<byte> value)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        var hash = (((ulong)(uint)kind << 32) | (uint)tag) * Factor;
        var words = MemoryMarshal.Cast<byte, ulong>(value);
        foreach (var word in words)
        {
            hash = (hash ^ word) * Factor;
            hash ^= hash >> 29;
        }

        foreach (var rest in value[(words.Length * sizeof(ulong))..])
        {
            hash = (hash ^ rest) * Factor;
        }

        return (int)((hash ^ (hash >> 32)) & int.MaxValue);
    }
}
