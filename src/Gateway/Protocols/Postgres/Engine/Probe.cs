using System.Buffers;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What the server said about one statement at Parse + Describe, before anything ran.</summary>
internal sealed class Probe : IReplyWaiter
{
    private readonly TaskCompletionSource<ProbeEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The query-tree dump, from the NoticeResponse that precedes ParseComplete.</summary>
    public ArrayBufferWriter<byte> Dump { get; } = new();

    /// <summary>How many dumps came; exactly one is expected.</summary>
    public int Dumps { get; private set; }

    /// <summary>The ParameterDescription message, whole.</summary>
    public byte[] ParameterDescription { get; set; } = [];

    /// <summary>The RowDescription message, whole, or empty when the statement returns no rows.</summary>
    public byte[] RowDescription { get; set; } = [];

    /// <summary>The ErrorResponse message, whole, when the server refused the statement.</summary>
    public byte[] Error { get; private set; } = [];

    public bool Parsed { get; set; }

    public Task<ProbeEnd> End => _end.Task;

    public void AddDump(ReadOnlySpan<byte> dump, int limit)
    {
        Dumps++;
        if (Dump.WrittenCount + dump.Length <= limit)
        {
            Dump.Write(dump);
        }
        else
        {
            Dumps += 2; // Too large to read: never taken for exactly one dump.
        }
    }

    public FieldType[] Fields() => RowDescription.Length == 0 ? [] : FieldType.ReadAll(RowDescription.AsSpan(5));

    public void Complete() => _end.TrySetResult(ProbeEnd.Described);

    public void Reject(ReadOnlySpan<byte> errorMessage)
    {
        Error = errorMessage.ToArray();
        _end.TrySetResult(ProbeEnd.Rejected);
    }

    public void Skip() => _end.TrySetResult(ProbeEnd.Skipped);

    public void Fail(Exception exception) => _end.TrySetException(exception);
}

internal enum ProbeEnd
{
    /// <summary>Parsed and described; nothing has run.</summary>
    Described,

    /// <summary>The server answered with an error.</summary>
    Rejected,

    /// <summary>An earlier statement failed, so the server never looked at this one.</summary>
    Skipped,
}
