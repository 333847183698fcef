namespace Sallyport.Api;

public sealed partial class SallyportClient
{
    /// <summary>The places that get a copy of the ledger's records, and how far they are.</summary>
    public Task<ExportList> ListExportsAsync(CancellationToken cancellationToken) => GetAsync(ApiRoutes.Exports, ApiJson.Default.ExportList, cancellationToken);
}
