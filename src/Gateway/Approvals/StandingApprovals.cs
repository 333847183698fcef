using System.Collections.Immutable;

namespace Sallyport.Gateway.Approvals;

/// <summary>The approvals that stand for more than one command, by requester. Thread-safe; reading takes no lock.</summary>
internal sealed class StandingApprovals
{
    private ImmutableDictionary<string, ImmutableArray<StandingApproval>> _ofRequesters =
        ImmutableDictionary.Create<string, ImmutableArray<StandingApproval>>(StringComparer.Ordinal);

    public IEnumerable<StandingApproval> All => _ofRequesters.Values.SelectMany(static own => own);

    public int Count => _ofRequesters.Values.Sum(static own => own.Length);

    public ImmutableArray<StandingApproval> Of(string requesterId) => _ofRequesters.GetValueOrDefault(requesterId, []);

    public StandingApproval? Find(string id) => All.FirstOrDefault(standing => standing.Approval.Id == id);

    public void Add(Approval approval) => ImmutableInterlocked.AddOrUpdate(
        ref _ofRequesters,
        approval.Requester.Id,
        _ => [new StandingApproval(approval)],
        (_, own) => own.Add(new StandingApproval(approval)));

    public void Remove(StandingApproval ended)
    {
        var requester = ended.Approval.Requester.Id;
        ImmutableInterlocked.Update(ref _ofRequesters, all =>
        {
            var rest = all.GetValueOrDefault(requester, []).Remove(ended);
            return rest.IsEmpty ? all.Remove(requester) : all.SetItem(requester, rest);
        });
    }
}

/// <summary>One of them, with what happened to it since the gateway started.</summary>
internal sealed class StandingApproval(Approval approval)
{
    private long _uses;
    private string? _end;

    public Approval Approval { get; } = approval;

    /// <summary>Other commands that ran by it.</summary>
    public long Uses => Interlocked.Read(ref _uses);

    /// <summary>Why it has ended, before that is recorded; null while it stands.</summary>
    public string? End => Volatile.Read(ref _end);

    public void Used() => Interlocked.Increment(ref _uses);

    /// <summary>Ends it for every command from now on. The first reason stays.</summary>
    public void EndNow(string reason) => Interlocked.CompareExchange(ref _end, reason, comparand: null);
}
