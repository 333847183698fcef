namespace Sallyport.Gateway.Exports;

/// <summary>A batch was not taken, or perhaps not as a whole. It is sent again.</summary>
/// <param name="code">A fixed word in kebab case that says why and holds nothing the other side said.</param>
/// <param name="innerException">The cause.</param>
internal sealed class ExportFailedException(string code, Exception? innerException = null) : Exception($"The export was not taken: {code}.", innerException)
{
    public string Code { get; } = code;
}
