using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Witnessing;

/// <summary>What came of asking one witness.</summary>
/// <param name="Witness">Whom.</param>
/// <param name="Signature">Its verified cosignature, or null.</param>
/// <param name="Problem">Why there is none; empty when there is.</param>
internal sealed record WitnessReply(PolicyWitness Witness, NoteSignature? Signature, string Problem)
{
    /// <summary>A checkpoint signed by our own log's key that is larger than the log: the log was rolled back.</summary>
    public Checkpoint? Larger { get; init; }
}

/// <summary>Asks one witness for cosignatures (c2sp.org/tlog-witness). Not thread-safe.</summary>
internal sealed class WitnessClient(HttpClient http, PolicyWitness witness)
{
    private const int MaxTries = 3;
    private const int MaxSizeDigits = 20;

    private long _lastSize;

    /// <param name="head">The tree head to cosign.</param>
    /// <param name="note">It, signed by the log.</param>
    /// <param name="subtree">Gives hashes of that tree.</param>
    /// <param name="log">The log's key, to recognise its own signature.</param>
    /// <param name="cancellationToken">Bounds the whole exchange.</param>
    public async Task<WitnessReply> AskAsync(Checkpoint head, byte[] note, Func<long, long, byte[]> subtree, VerificationKey log, CancellationToken cancellationToken)
    {
        try
        {
            for (var attempt = 0; attempt < MaxTries; attempt++)
            {
                if (_lastSize > head.Size)
                {
                    return await LookForLargerAsync(head, log, cancellationToken).ConfigureAwait(false);
                }
                var request = new AddCheckpointRequest(_lastSize, ConsistencyProof.Build(_lastSize, head.Size, subtree), note);
                var (status, body) = await PostAsync(request.Format(), cancellationToken).ConfigureAwait(false);
                if (status == HttpStatusCode.OK)
                {
                    return Accept(head, note, body);
                }
                if (status != HttpStatusCode.Conflict || !TrySize(body, out _lastSize))
                {
                    return Refused($"it answered {(int)status}");
                }
            }
            return Refused("it keeps naming another size");
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Refused("it gives no answer");
        }
        catch (FormatException)
        {
            return Refused("its answer is no cosignature");
        }
    }

    private WitnessReply Refused(string problem) => new(witness, Signature: null, problem);

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        using var answer = await http.PostAsync(Address("add-checkpoint"), content, cancellationToken).ConfigureAwait(false);
        return (answer.StatusCode, Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)));
    }

    private WitnessReply Accept(Checkpoint head, byte[] note, string body)
    {
        var name = witness.Key.Name!;
        var text = SignedNote.Parse(note).Text;
        var answer = SignedNote.Parse(Encoding.UTF8.GetBytes($"{text}\n{body}"));
        if (answer.StateOf(witness.Key, name) != SignatureState.Valid)
        {
            return Refused("its cosignature does not verify with its key");
        }
        _lastSize = head.Size;
        return new WitnessReply(witness, answer.ClaimsOf(witness.Key, name).First(), "");
    }

    private async Task<WitnessReply> LookForLargerAsync(Checkpoint head, VerificationKey log, CancellationToken cancellationToken)
    {
        // A size alone proves nothing; a larger checkpoint with our own signature does.
        var claimed = _lastSize;
        _lastSize = 0;
        var origin = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(head.Origin)));
        using var answer = await http.GetAsync(Address($"{origin}/checkpoint"), cancellationToken).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            var note = SignedNote.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
            var seen = Checkpoint.ParseHead(note.Text);
            if (seen.Size > head.Size && string.Equals(seen.Origin, head.Origin, StringComparison.Ordinal) && note.IsSignedBy(log, seen.Origin))
            {
                return Refused($"it has cosigned {seen.Size} records of this log, which has only {head.Size}") with { Larger = seen };
            }
        }
        return Refused($"it claims to have cosigned {claimed} records and does not show it");
    }

    private Uri Address(string path) => new($"{witness.Url!.AbsoluteUri.TrimEnd('/')}/{path}");

    private static bool TrySize(string body, out long size)
    {
        size = 0;
        return body.Length <= MaxSizeDigits && body.EndsWith('\n') && long.TryParse(body.AsSpan(0, body.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out size);
    }
}
