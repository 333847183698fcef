namespace Sallyport.Gateway.Exports;

/// <summary>Hands batches to one receiver, one at a time.</summary>
internal interface IExportSender : IDisposable
{
    /// <summary>Makes one attempt; returns when the receiver has all of it, as far as its protocol can tell.</summary>
    /// <exception cref="ExportFailedException">It may lack some of it.</exception>
    Task SendAsync(ExportBatch batch, CancellationToken cancellationToken);
}
