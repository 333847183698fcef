namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What came of preparing one statement: nothing has run yet.</summary>
internal abstract record Preparation
{
    private Preparation()
    {
    }

    /// <summary>The server holds it, and it may go to the gate.</summary>
    public sealed record Ready(ServerStatement Statement) : Preparation;

    /// <summary>The server refused the text; the client gets the server's own words, which can only tell of the text.</summary>
    public sealed record Rejected(byte[] Error) : Preparation;

    /// <summary>An earlier statement of the batch failed; the server looks at nothing before the next Sync.</summary>
    public sealed record Skipped : Preparation;

    /// <summary>The gateway refuses it, whatever the policy says.</summary>
    /// <param name="Rule">Recorded and counted.</param>
    /// <param name="Reason">One sentence.</param>
    /// <param name="Remedy">One sentence.</param>
    /// <param name="Template">Its redacted text, for the record.</param>
    public sealed record Refused(string Rule, string Reason, string Remedy, string Template) : Preparation;
}
