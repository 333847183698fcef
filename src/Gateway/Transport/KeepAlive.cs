namespace Sallyport.Gateway.Transport;

/// <summary>When a silent peer is probed and given up: after 60 s idle, six probes 10 s apart.</summary>
internal static class KeepAlive
{
    public const int IdleSeconds = 60;
    public const int IntervalSeconds = 10;
    public const int Probes = 6;
}
