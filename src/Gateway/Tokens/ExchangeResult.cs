namespace Sallyport.Gateway.Tokens;

/// <summary>The answer to a request for a token.</summary>
public abstract record ExchangeResult
{
    private ExchangeResult()
    {
    }

    /// <param name="Token">The token itself.</param>
    /// <param name="Lifetime">How long it lives from now on.</param>
    /// <param name="RunId">The run it belongs to; empty for a human's own.</param>
    public sealed record Issued(string Token, TimeSpan Lifetime, string RunId) : ExchangeResult
    {
        /// <summary>Keeps the token out of anything that prints records.</summary>
        public override string ToString() => $"a token of run {RunId}";
    }

    /// <param name="Error">RFC 6749 section 5.2, RFC 8693 section 2.2.2.</param>
    /// <param name="Reason">Kebab case, for machines and the ledger.</param>
    /// <param name="Message">One sentence with the remedy; never holds any part of a token.</param>
    public sealed record Refused(string Error, string Reason, string Message) : ExchangeResult;
}
