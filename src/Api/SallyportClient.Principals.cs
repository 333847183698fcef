namespace Sallyport.Api;

/// <content>Runs and principals.</content>
public sealed partial class SallyportClient
{
    /// <summary>Tasks of agents that had sessions, newest first.</summary>
    /// <param name="limit">1 to <see cref="ApiLimits.MaxPageItems"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<RunPage> ListRunsAsync(int limit, CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.Runs + Query(("limit", NameOf(limit))), ApiJson.Default.RunPage, cancellationToken);

    /// <summary>Revokes a token, ends a run, or revokes what a principal has; live sessions end with it.</summary>
    public Task<RevocationResource> RevokeTokensAsync(RevocationRequest request, CancellationToken cancellationToken) =>
        PostAsync(ApiRoutes.TokenRevocations, request, ApiJson.Default.RevocationRequest, ApiJson.Default.RevocationResource, cancellationToken);

    /// <summary>Who was here, and who is let in no more.</summary>
    /// <param name="limit">1 to <see cref="ApiLimits.MaxPageItems"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<PrincipalPage> ListPrincipalsAsync(int limit, CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.Principals + Query(("limit", NameOf(limit))), ApiJson.Default.PrincipalPage, cancellationToken);

    /// <summary>Shuts a principal out; its live sessions end.</summary>
    public Task<PrincipalResource> DisablePrincipalAsync(string id, PrincipalRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.PrincipalDisable, id), request, ApiJson.Default.PrincipalRequest, ApiJson.Default.PrincipalResource, cancellationToken);

    /// <summary>Lets a principal in again.</summary>
    public Task<PrincipalResource> EnablePrincipalAsync(string id, PrincipalRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.PrincipalEnable, id), request, ApiJson.Default.PrincipalRequest, ApiJson.Default.PrincipalResource, cancellationToken);
}
