using System.Text;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Witnessing;

/// <summary>What came of asking all witnesses about one tree head.</summary>
/// <param name="Head">The tree head.</param>
/// <param name="Note">It, signed by the log and by every witness that did.</param>
/// <param name="HasQuorum">Whether those are enough for the policy.</param>
/// <param name="Problems">One sentence per witness that did not.</param>
public sealed record CosignResult(Checkpoint Head, byte[] Note, bool HasQuorum, IReadOnlyList<string> Problems)
{
    /// <summary>The larger size at which a witness has seen this log, signed by the log's own key, or null: the log was rolled back.</summary>
    public long? SeenSize { get; init; }
}

/// <summary>Gets a ledger's checkpoints cosigned by the witnesses of a policy and keeps the newest with a quorum beside the ledger.</summary>
public sealed class LedgerCosigner : IDisposable
{
    /// <summary>The newest checkpoint with a quorum of cosignatures, in the ledger's directory.</summary>
    public const string CosignedName = "checkpoint.cosigned";

    private const int MaxAnswerBytes = 64 << 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Ledger _ledger;
    private readonly TrustPolicy _policy;
    private readonly VerificationKey _log;
    private readonly HttpClient _http;
    private readonly List<WitnessClient> _clients;
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <param name="ledger">The ledger.</param>
    /// <param name="policy">Must name the ledger's key and have a URL for every witness that is to be asked.</param>
    /// <param name="handler">Carries the requests; null for plain HTTP and HTTPS.</param>
    /// <exception cref="ArgumentException">The policy does not have this log, or nobody to ask.</exception>
    public LedgerCosigner(Ledger ledger, TrustPolicy policy, HttpMessageHandler? handler = null)
    {
        _ledger = ledger;
        _policy = policy;
        _log = policy.Logs.FirstOrDefault(key => key.PublicKey.AsSpan().SequenceEqual(ledger.PublicKey.Span) && string.Equals(key.Name ?? ledger.Origin, ledger.Origin, StringComparison.Ordinal))
            ?? throw new ArgumentException($"The witness policy does not have this ledger: log {ledger.VerifierKey}", nameof(policy));
        var asked = policy.Witnesses.Where(witness => witness.Url is not null).ToList();
        if (asked.Count == 0)
        {
            throw new ArgumentException("The witness policy has no witness with a URL.", nameof(policy));
        }
        _http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { MaxResponseContentBufferSize = MaxAnswerBytes, Timeout = Patience };
        _clients = asked.ConvertAll(witness => new WitnessClient(_http, witness));
    }

    /// <summary>Publishes everything durable now and has it cosigned.</summary>
    /// <exception cref="LedgerUnavailableException">The ledger cannot be written.</exception>
    public async Task<CosignResult> CosignAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (head, note) = await _ledger.PublishNoteAsync(cancellationToken).ConfigureAwait(false);
            var asked = _clients.ConvertAll(client => client.AskAsync(head, note, new TileReader(_ledger.Directory, head.Size).Subtree, _log, cancellationToken));
            var replies = await Task.WhenAll(asked).ConfigureAwait(false);
            var lines = string.Concat(replies.Select(reply => reply.Signature?.Format()));
            var cosigned = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(note) + lines);
            var hasQuorum = OpenedCheckpoint.Open(cosigned, _policy).HasQuorum;
            if (hasQuorum)
            {
                NativeFile.Replace(Path.Combine(_ledger.Directory, CosignedName), cosigned, syncDirectory: true);
            }
            return new CosignResult(head, cosigned, hasQuorum, [.. replies.Where(reply => reply.Problem.Length > 0).Select(reply => $"{reply.Witness.Name}: {reply.Problem}")])
            {
                SeenSize = replies.Max(reply => reply.Larger?.Size),
            };
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>As <see cref="CosignAsync"/>: the head and its note, cosigned by whoever answered.</summary>
    /// <exception cref="LedgerUnavailableException">The ledger cannot be written.</exception>
    public async Task<(Checkpoint Head, byte[] Note)> SignHeadAsync(CancellationToken cancellationToken)
    {
        var result = await CosignAsync(cancellationToken).ConfigureAwait(false);
        return (result.Head, result.Note);
    }

    public void Dispose()
    {
        _http.Dispose();
        _gate.Dispose();
    }
}
