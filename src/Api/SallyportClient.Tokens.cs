namespace Sallyport.Api;

/// <content>Tokens and runs.</content>
public sealed partial class SallyportClient
{
    /// <summary>Where native clients connect.</summary>
    public Task<DoorsResource> GetDoorsAsync(CancellationToken cancellationToken) => GetAsync(ApiRoutes.Doors, ApiJson.Default.DoorsResource, cancellationToken);

    /// <summary>Has another key sign the gateway's tokens from now on. For operators.</summary>
    public Task<TokenKeyResource> RotateTokenKeyAsync(CancellationToken cancellationToken) => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, ApiRoutes.TokenKeyRotation), ApiJson.Default.TokenKeyResource, _options.RequestTimeout, cancellationToken);

    /// <summary>Ends a run of the caller's: its tokens and its sessions.</summary>
    public Task<RevocationResource> EndRunAsync(string id, CancellationToken cancellationToken) => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, With(ApiRoutes.RunEnd, id)), ApiJson.Default.RevocationResource, _options.RequestTimeout, cancellationToken);
}
