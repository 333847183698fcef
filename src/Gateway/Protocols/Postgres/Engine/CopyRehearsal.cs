using System.Buffers;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>A hidden COPY of no rows with the client's options: the server says whether they are valid, and how the copy opens.</summary>
internal sealed class CopyRehearsal : IReplyWaiter
{
    /// <summary>Longest header line that is kept.</summary>
    private const int MaxOpeningBytes = 1024 * 1024;

    private readonly TaskCompletionSource<ProbeEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _opening = new();
    private int _closesLeft = FactsReader.Closes;

    public Task<ProbeEnd> End => _end.Task;

    /// <summary>The ErrorResponse message, whole, when the server refused the options.</summary>
    public byte[] Error { get; private set; } = [];

    /// <summary>CopyOutResponse, and the CopyData messages behind it.</summary>
    public byte[] Opening => _opening.WrittenSpan.ToArray();

    /// <summary>Takes one whole message of the answer. True when it was the last one; null when it does not belong to it.</summary>
    public bool? Take(byte type, ReadOnlySpan<byte> message)
    {
        switch (type)
        {
            case BackendMessage.CopyOutResponse or BackendMessage.CopyData:
                if (_opening.WrittenCount + message.Length > MaxOpeningBytes)
                {
                    throw new PostgresProtocolException("the header line of a copy is too long");
                }

                _opening.Write(message);
                return false;
            case BackendMessage.CloseComplete when --_closesLeft == 0:
                _end.TrySetResult(ProbeEnd.Described);
                return true;
            case BackendMessage.ParseComplete or BackendMessage.BindComplete or BackendMessage.CopyDone or BackendMessage.CommandComplete or BackendMessage.CloseComplete:
                return false;
            default:
                return null;
        }
    }

    public void Reject(ReadOnlySpan<byte> error)
    {
        Error = error.ToArray();
        _end.TrySetResult(ProbeEnd.Rejected);
    }

    public void Skip() => _end.TrySetResult(ProbeEnd.Skipped);

    public void Fail(Exception exception) => _end.TrySetException(exception);
}
