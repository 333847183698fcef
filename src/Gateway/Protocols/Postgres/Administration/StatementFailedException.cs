namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>The server answered one of the gateway's own statements with an error. The message is the server's, for the operator who asked.</summary>
/// <param name="sqlState">Five characters.</param>
/// <param name="serverMessage">The server's primary message.</param>
public sealed class StatementFailedException(string sqlState, string serverMessage) : Exception($"{serverMessage} (SQLSTATE {sqlState})")
{
    public string SqlState { get; } = sqlState;

    public string ServerMessage { get; } = serverMessage;
}
