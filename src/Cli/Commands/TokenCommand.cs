using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>token</c>: prints a token that is still good. The only command that prints one.</summary>
internal static class TokenCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions(namesGateway: false);
        var command = new CliCommand("token", "Print an access token that is still good, renewed where possible. It goes where a password goes.")
        {
            Examples = ["PGPASSWORD=$(sallyport token) psql \"host=gateway.clinic.example port=6432 dbname=clinic user=agent-reporting sslmode=require\""],
            Json = "{accessToken, tokenType, expiresAt, issuer, clientId}",
            ExitCodes = new Dictionary<int, string>
            {
                [ExitCode.Done] = "a token was printed",
                [ExitCode.Malformed] = "the stored sign-in cannot be used",
                [ExitCode.Refused] = "not signed in, or the token ended and cannot be renewed",
                [ExitCode.Unreachable] = "the token ended and the issuer gives no answer",
                [ExitCode.Failed] = "the renewed token could not be kept",
            },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            var token = await gateway.Tokens(parsed, surroundings).GetStoredAsync(cancellationToken);
            var result = new TokenReport(token.AccessToken, "Bearer", token.ExpiresAt, token.Issuer, token.ClientId);
            report.Answer(result, CliJson.Default.TokenReport, answer => report.Line(answer.AccessToken));
            return ExitCode.Done;
        });
    }
}

/// <summary>What <c>token --json</c> prints.</summary>
internal sealed record TokenReport(string AccessToken, string TokenType, DateTimeOffset? ExpiresAt, string Issuer, string ClientId);
