namespace Sallyport.Server.Mcp;

/// <summary>Where people and programs reach the API from outside.</summary>
internal sealed record PublicAddress(Uri Url);
