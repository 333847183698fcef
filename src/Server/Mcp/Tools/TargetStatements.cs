using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Local;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>Runs statements in the sessions of a caller's workspace.</summary>
internal static class TargetStatements
{
    /// <param name="call">Whose statement it is.</param>
    /// <param name="target">Name of the target, as the client wrote it.</param>
    /// <param name="statement">What to run.</param>
    /// <param name="state">What to tell a client that waits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up a hold, or cancels what runs.</param>
    /// <returns>Null where the workspace has no place for another target.</returns>
    public static async ValueTask<LocalResult?> RunAsync(
        ToolCall call, string target, LocalStatement statement, Func<string?> state, TimeProvider time, CancellationToken cancellationToken)
    {
        var workspace = call.Caller.Session;
        if (await workspace.AtAsync(target, call.Caller.Local) is not { } session)
        {
            return null;
        }
        var result = await call.WithProgressAsync(session.ExecuteAsync(statement, cancellationToken), state, time);
        if (session.IsOver)
        {
            await workspace.DropAsync(target, session);
        }
        else if (!workspace.IsLasting && session.IsInTransaction)
        {
            await workspace.DropAsync(target, session);
            return new LocalResult.Refused(
                new CommandRefusal(
                    "no-session",
                    "rolled-back",
                    $"Your client speaks revision {McpVersions.Sessionless} of MCP, which has no sessions, so a transaction cannot go on after this call; it was rolled back.",
                    "Write one statement that does everything, or use a client that begins with initialize."),
                "25P01");
        }
        return result;
    }
}
