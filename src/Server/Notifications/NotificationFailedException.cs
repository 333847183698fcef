namespace Sallyport.Server.Notifications;

/// <summary>One attempt to deliver a notification failed.</summary>
/// <param name="code">Why, in kebab case; shown to operators. Nothing that the other side said.</param>
/// <param name="isFinal">Whether another attempt would fail in the same way.</param>
internal sealed class NotificationFailedException(string code, bool isFinal, Exception? innerException = null) : Exception(code, innerException)
{
    public string Code { get; } = code;

    public bool IsFinal { get; } = isFinal;
}
