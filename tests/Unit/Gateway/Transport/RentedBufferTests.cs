using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

/// <summary>Alone, because a slab that went back belongs to whoever rents next.</summary>
[Collection(nameof(RentedBufferTests))]
[CollectionDefinition(nameof(RentedBufferTests), DisableParallelization = true)]
public sealed class RentedBufferTests
{
    [Fact]
    public void A_slab_is_cleared_before_others_can_have_it()
    {
        var buffer = default(RentedBuffer);
        Assert.False(buffer.IsHeld);
        Assert.True(buffer.Memory.IsEmpty);
        buffer.Rent();
        Assert.Equal(RentedBuffer.Bytes, buffer.Span.Length);
        var array = buffer.Array;
        buffer.Rent();
        Assert.Same(array, buffer.Array);
        buffer.Span.Fill(7);
        buffer.Return();
        Assert.False(buffer.IsHeld);
        Assert.DoesNotContain((byte)7, array);
        buffer.Return();
        Assert.Throws<InvalidOperationException>(() => buffer.Array);
    }

    [Fact]
    public void Only_what_was_used_is_cleared_when_that_is_known()
    {
        var buffer = default(RentedBuffer);
        buffer.Rent();
        var array = buffer.Array;
        array.AsSpan(0, 100).Fill(7);
        buffer.Return(usedBytes: 100);
        Assert.DoesNotContain((byte)7, array[..100]);
    }
}
