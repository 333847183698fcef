using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The bytes on their way to the client. Only masked things get here. Both loops of a session may append whole messages;
/// sends never overlap and keep the order of appending.
/// </summary>
internal sealed class ClientOutput(Wire wire) : IDisposable
{
    private readonly SemaphoreSlim _oneSender = new(1, 1);
    private MessageBuffer _sending = new();

    public MessageBuffer Pending { get; private set; } = new();

    /// <summary>Part of a large message has been sent and the rest has not: nothing else may be put between.</summary>
    public bool MidMessage { get; set; }

    public long Sent { get; private set; }

    /// <summary>Sends what is pending and then <paramref name="tail"/>, which must stay unchanged until then.</summary>
    public async ValueTask FlushAsync(ReadOnlyMemory<byte> tail = default)
    {
        if (Pending.Length == 0 && tail.IsEmpty)
        {
            return;
        }

        await _oneSender.WaitAsync();
        try
        {
            (Pending, _sending) = (_sending, Pending);
            Sent += _sending.Length + tail.Length;
            if (_sending.Length > 0)
            {
                await wire.SendAsync(_sending.Written);
            }

            if (!tail.IsEmpty)
            {
                await wire.SendAsync(tail);
            }
        }
        finally
        {
            _sending.Clear();
            _oneSender.Release();
        }
    }

    public void Dispose() => _oneSender.Dispose();
}
