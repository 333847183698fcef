namespace Sallyport.Gateway.Sessions;

/// <summary>Keeps over restarts who is let in no more. Every method is durable on return.</summary>
public interface IPrincipalStore
{
    /// <summary>Everybody who is disabled.</summary>
    Task<IReadOnlyList<DisabledPrincipal>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Adds one, or replaces the one with the same id.</summary>
    Task AddAsync(DisabledPrincipal principal, CancellationToken cancellationToken);

    Task RemoveAsync(string id, CancellationToken cancellationToken);
}

/// <summary>Somebody who is let in no more.</summary>
/// <param name="Id">The principal's opaque id.</param>
/// <param name="At">Since when.</param>
/// <param name="By">The operator's name.</param>
/// <param name="Reason">What the operator wrote.</param>
public sealed record DisabledPrincipal(string Id, DateTimeOffset At, string By, string Reason);
