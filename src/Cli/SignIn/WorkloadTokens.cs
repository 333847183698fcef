using System.Net.Http.Headers;
using System.Text.Json;
using Sallyport.Cli.Connection;

namespace Sallyport.Cli.SignIn;

/// <summary>Finds the token that says which workload this machine is: from a pipeline's environment, or from a file.</summary>
internal sealed class WorkloadTokens(Surroundings surroundings)
{
    /// <summary>GitLab puts the token there when the job says <c>id_tokens: {SALLYPORT_ID_TOKEN: {aud: ...}}</c>.</summary>
    public const string PipelineVariable = "SALLYPORT_ID_TOKEN";

    public const string DefaultAudience = "sallyport";

    private const string GitHubAddress = "ACTIONS_ID_TOKEN_REQUEST_URL";
    private const string GitHubToken = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
    private const int MaxTokenBytes = 64 * 1024;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Where a pod's token usually is: a projected one for this gateway first.</summary>
    private static readonly string[] KubernetesFiles =
        ["/var/run/secrets/sallyport/token", "/var/run/secrets/tokens/sallyport", "/var/run/secrets/kubernetes.io/serviceaccount/token"];

    /// <summary>The file that a kind of workload uses when none is named.</summary>
    public static string? DefaultFile(WorkloadKind kind) => kind == WorkloadKind.Kubernetes ? KubernetesFiles.FirstOrDefault(File.Exists) ?? KubernetesFiles[0] : null;

    /// <summary>The workload's token now; these are short-lived, so it is looked for each time.</summary>
    public async Task<string> GetAsync(ExchangeSource source, CancellationToken cancellationToken)
    {
        var token = source.Workload == WorkloadKind.Pipeline ? await OfPipelineAsync(source.WorkloadAudience ?? DefaultAudience, cancellationToken) : ReadFile(source.WorkloadFile!);
        return token.Length > 0 && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new CliException(ExitCode.Malformed, "What should be the workload's token is not one.", "Check the file or the pipeline's settings.");
    }

    /// <summary>A token that something else keeps in a file.</summary>
    public static string ReadFile(string path)
    {
        try
        {
            return BoundedFile.ReadText(path, MaxTokenBytes).Trim();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(ExitCode.Refused, $"There is no token at {path}.", "Name its file with --token-file.", exception);
        }
    }

    private async Task<string> OfPipelineAsync(string audience, CancellationToken cancellationToken)
    {
        if (surroundings.NonEmpty(PipelineVariable) is { } given)
        {
            return given.Trim();
        }

        if (surroundings.NonEmpty(GitHubAddress) is not { } address || surroundings.NonEmpty(GitHubToken) is not { } bearer)
        {
            throw new CliException(
                ExitCode.Refused,
                "This is no pipeline that gives its jobs identities.",
                $"GitHub: permissions: {{id-token: write}}. GitLab: id_tokens: {{{PipelineVariable}: {{aud: {audience}}}}}. Others: put the token into {PipelineVariable}.");
        }

        return await AskGitHubAsync(SecureUri.Parse(address, "pipeline's token"), bearer, audience, cancellationToken);
    }

    /// <summary>GitHub's own token service, as its actions toolkit asks it.</summary>
    private async Task<string> AskGitHubAsync(Uri address, string bearer, string audience, CancellationToken cancellationToken)
    {
        // The machine's authorities: a private one is for the gateway.
        using var http = HttpClients.Create(authorityFile: null);
        using var timer = new CancellationTokenSource(RequestTimeout, surroundings.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var separator = address.Query.Length > 0 ? "&" : "?";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{address.AbsoluteUri}{separator}audience={Uri.EscapeDataString(audience)}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            await response.Content.LoadIntoBufferAsync(MaxTokenBytes, stop.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new CliException(ExitCode.Refused, $"The pipeline's token service answered {(int)response.StatusCode}.", "Check that the job has permissions: {id-token: write}.");
            }

            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(stop.Token));
            return document.RootElement.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The reason is left out: it may quote the answer.
            throw new CliException(ExitCode.Unreachable, "The pipeline's token service gives no usable answer.", "Try again.", exception);
        }
    }
}
