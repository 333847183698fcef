namespace Sallyport.Evidence.Records;

/// <summary>Bytes are not a record line. The message names the problem and never quotes a value.</summary>
public sealed class RecordFormatException : FormatException
{
    public RecordFormatException()
    {
    }

    public RecordFormatException(string message)
        : base(message)
    {
    }

    public RecordFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
