using Sallyport.Api;
using Sallyport.Cli.Output;
using Sallyport.Cli.SignIn;

namespace Sallyport.Cli.Runs;

/// <summary>What goes on beside the program that runs: its password file is kept fresh, and what waits for a person is told.</summary>
/// <param name="tokens">The run's tokens.</param>
/// <param name="client">The gateway, as the run.</param>
/// <param name="runId">Only approvals of this run; empty for all that the agent may see.</param>
/// <param name="newToken">Takes a token that is another one than before.</param>
/// <param name="report">Where a person reads.</param>
internal sealed class RunWatch(AccessTokens tokens, SallyportClient client, string runId, Action<string> newToken, Report report)
{
    private const int MostShown = 100;

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        EachAsync(RenewEvery, RenewAsync, cancellationToken), EachAsync(LookEvery, LookAsync, cancellationToken));

    private async Task EachAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var failure = "";
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(interval, report.Surroundings.Time, cancellationToken);
                await work(cancellationToken);
                failure = "";
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is CliException or ApiException or IOException)
            {
                // Told once: the next attempt may do better, and the program's own statements say what is wrong, too.
                if (failure != exception.Message)
                {
                    report.Note($"sallyport: {exception.Message}");
                }

                failure = exception.Message;
            }
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken) => newToken(await tokens.GetAsync(cancellationToken));

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var page = await client.ListApprovalsAsync(ApprovalState.Pending, MostShown, cancellationToken);
        foreach (var approval in page.Items.Where(approval => runId.Length == 0 || approval.Run == runId).Where(approval => _shown.Add(approval.Id)))
        {
            report.Note($"sallyport: {approval.Id} waits for a person ({approval.Class} on {approval.Target}, rule {approval.Rule}): {approval.Url}");
        }
    }
}
