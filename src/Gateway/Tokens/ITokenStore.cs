using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Tokens;

/// <summary>Keeps runs, one-time tokens that were used, and revocations over restarts. Every method is durable on return.</summary>
public interface ITokenStore
{
    Task<TokenRun?> FindRunAsync(string id, CancellationToken cancellationToken);

    /// <summary>Notes that one-time tokens are used and begins a run, all or nothing.</summary>
    /// <param name="run">A run to begin; null for none.</param>
    /// <param name="used">One-time tokens, each with the time after which its issuer's signature no longer counts.</param>
    /// <param name="now">What expired before may be forgotten.</param>
    /// <param name="cancellationToken">Gives up before anything is done.</param>
    Task<TokenUseResult> UseAsync(
        TokenRun? run, IReadOnlyList<(string TokenId, DateTimeOffset Until)> used, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Notes the end of a run; nothing when there is none of that id, or it has ended before.</summary>
    Task EndRunAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);

    Task AddRevocationAsync(TokenRevocation revocation, CancellationToken cancellationToken);

    /// <summary>All revocations that have not expired.</summary>
    Task<IReadOnlyList<TokenRevocation>> LoadRevocationsAsync(DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>The outcome of <see cref="ITokenStore.UseAsync"/>.</summary>
public enum TokenUseResult
{
    Done,

    /// <summary>A one-time token was used before.</summary>
    Replayed,

    /// <summary>There is a run of this id already.</summary>
    RunTaken,
}
