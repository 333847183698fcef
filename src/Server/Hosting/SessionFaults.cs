namespace Sallyport.Server.Hosting;

/// <summary>Writes down what a session let escape: a fault of the gateway, since what peers do is answered by the protocol.</summary>
internal sealed partial class SessionFaults(ILogger<SessionFaults> logger)
{
    // The message of an exception may quote what it worked on; the type and the place do not.
    public void Report(Exception fault) => Faulted(fault.GetType().Name, fault.StackTrace ?? "");

    [LoggerMessage(Level = LogLevel.Error, Message = "A session ended by a fault of the gateway: {Fault} {Place}")]
    private partial void Faulted(string fault, string place);
}
