namespace Sallyport.Server.Mcp;

/// <summary>Where people and programs reach the API from outside.</summary>
internal sealed record PublicAddress(Uri Url)
{
    /// <summary>Where people go on with a request for access.</summary>
    public Uri OfAccessRequest(string id) => new(Url, $"/access/requests/{id}");

    /// <summary>Where people go on with a grant.</summary>
    public Uri OfGrant(string id) => new(Url, $"/access/grants/{id}");
}
