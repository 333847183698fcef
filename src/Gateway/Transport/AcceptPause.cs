namespace Sallyport.Gateway.Transport;

/// <summary>How long accepting pauses when descriptors or memory ran out, so that the loop does not spin on the same error.</summary>
internal static class AcceptPause
{
    public static readonly TimeSpan Length = TimeSpan.FromMilliseconds(100);
}
