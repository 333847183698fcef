using Sallyport.Cli.Connection;
using Sallyport.Cli.Mcp;

namespace Sallyport.Cli.Commands;

/// <summary><c>mcp</c>: lets a client that starts its MCP servers as programs use the gateway's.</summary>
internal static class McpCommand
{
    /// <summary>Longest message of a client; the gateway takes no longer one.</summary>
    private const int MaxMessageCharacters = 2 * 1024 * 1024;

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var command = new CliCommand("mcp", "Speak MCP on standard input and output, for agents that start their MCP servers as programs. Ends with its input.")
        {
            Examples = ["claude mcp add sallyport -- sallyport mcp --gateway https://gateway.clinic.example"],
            Json = "nothing else than without it: standard output carries JSON-RPC",
            ExitCodes = new Dictionary<int, string>
            {
                [ExitCode.Done] = "the client closed the input",
                [ExitCode.Malformed] = "a file of settings cannot be used",
                [ExitCode.Failed] = "a message is too long, or the output is closed",
            },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, _, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            using var bridge = new McpBridge(connection, surroundings.Output);
            await bridge.RunAsync(new LineReader(surroundings.Input, MaxMessageCharacters), cancellationToken);
            return ExitCode.Done;
        });
    }
}
