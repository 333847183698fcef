namespace Sallyport.Evidence.Log;

/// <summary>The ledger cannot make records durable (a write failed, the disk is full, the backlog limit is reached, or it is closed). Whoever meets it denies.</summary>
public sealed class LedgerUnavailableException : IOException
{
    public LedgerUnavailableException()
    {
    }

    public LedgerUnavailableException(string message)
        : base(message)
    {
    }

    public LedgerUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>What is on disk contradicts itself or what was signed before. Starting would hide it, so the ledger does not open.</summary>
public sealed class LedgerCorruptException : IOException
{
    public LedgerCorruptException()
    {
    }

    public LedgerCorruptException(string message)
        : base(message)
    {
    }

    public LedgerCorruptException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
