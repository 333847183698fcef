using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sallyport.Api;

/// <summary>
/// Typed client of the gateway's REST API. Every method throws <see cref="ApiException"/> when the request does not succeed and
/// <see cref="OperationCanceledException"/> only when the caller's own token was cancelled.
/// </summary>
/// <param name="http">
/// Sends the requests: <see cref="HttpClient.BaseAddress"/> is the gateway's root, redirects are off, <see cref="HttpClient.Timeout"/> is infinite (this class
/// times each request itself). Stays the caller's to dispose.
/// </param>
/// <param name="accessToken">Gives the bearer token for each request; null sends none.</param>
/// <param name="options">Times and sizes; null takes the defaults.</param>
public sealed partial class SallyportClient(HttpClient http, Func<CancellationToken, ValueTask<string>>? accessToken, SallyportClientOptions? options = null)
{
    private const int MaxIdCharacters = 128;

    private readonly SallyportClientOptions _options = options ?? new SallyportClientOptions();

    /// <summary>Who the token says is calling.</summary>
    public Task<CallerResource> GetMeAsync(CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.Me, ApiJson.Default.CallerResource, cancellationToken);

    /// <summary>Approval requests, newest first.</summary>
    /// <param name="state">Only these; null means all.</param>
    /// <param name="limit">1 to <see cref="ApiLimits.MaxPageItems"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<ApprovalPage> ListApprovalsAsync(ApprovalState? state, int limit, CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.Approvals + Query(("state", NameOf(state)), ("limit", NameOf(limit))), ApiJson.Default.ApprovalPage, cancellationToken);

    /// <summary>One approval request.</summary>
    public Task<ApprovalResource> GetApprovalAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(With(ApiRoutes.Approval, id), ApiJson.Default.ApprovalResource, cancellationToken);

    /// <summary>Consents to one command; the answer is the request as it now stands.</summary>
    public Task<ApprovalResource> ApproveAsync(string id, ApproveRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.Approve, id), request, ApiJson.Default.ApproveRequest, ApiJson.Default.ApprovalResource, cancellationToken);

    /// <summary>Refuses one command; the answer is the request as it now stands.</summary>
    public Task<ApprovalResource> DenyAsync(string id, DenyRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.Deny, id), request, ApiJson.Default.DenyRequest, ApiJson.Default.ApprovalResource, cancellationToken);

    /// <summary>Ends an approval of more than one command; the answer is the request as it now stands.</summary>
    public Task<ApprovalResource> RevokeApprovalAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, With(ApiRoutes.RevokeApproval, id)), ApiJson.Default.ApprovalResource, _options.RequestTimeout, cancellationToken);

    /// <summary>Waits until the request is decided or the time is over; the answer is the request as it then stands, perhaps still pending.</summary>
    /// <param name="id">The approval request.</param>
    /// <param name="timeoutSeconds">1 to <see cref="ApiLimits.MaxWaitSeconds"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<ApprovalResource> WaitForApprovalAsync(string id, int timeoutSeconds, CancellationToken cancellationToken) => SendAsync(
        new HttpRequestMessage(HttpMethod.Get, With(ApiRoutes.Wait, id) + Query(("timeoutSeconds", NameOf(timeoutSeconds)))),
        ApiJson.Default.ApprovalResource,
        _options.RequestTimeout + TimeSpan.FromSeconds(timeoutSeconds),
        cancellationToken);

    /// <summary>Sessions, newest first.</summary>
    /// <param name="state">Only these; null means all.</param>
    /// <param name="limit">1 to <see cref="ApiLimits.MaxPageItems"/>.</param>
    /// <param name="before"><see cref="SessionPage.Next"/> of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<SessionPage> ListSessionsAsync(SessionState? state, int limit, string? before, CancellationToken cancellationToken) =>
        GetAsync(
            ApiRoutes.Sessions + Query(("state", NameOf(state)), ("limit", NameOf(limit)), ("before", before)),
            ApiJson.Default.SessionPage,
            cancellationToken);

    /// <summary>One session.</summary>
    public Task<SessionResource> GetSessionAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(With(ApiRoutes.Session, id), ApiJson.Default.SessionResource, cancellationToken);

    /// <summary>Ends a live session at once; the answer is the session as it now stands.</summary>
    public Task<SessionResource> KillSessionAsync(string id, KillRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.Kill, id), request, ApiJson.Default.KillRequest, ApiJson.Default.SessionResource, cancellationToken);

    /// <summary>What is used of the configured budgets: the caller's own, or all for an operator.</summary>
    /// <param name="limit">1 to <see cref="ApiLimits.MaxPageItems"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<BudgetPage> ListBudgetsAsync(int limit, CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.Budgets + Query(("limit", NameOf(limit))), ApiJson.Default.BudgetPage, cancellationToken);

    /// <summary>How statements would be judged and masked at a target; nothing of them runs.</summary>
    public Task<ExplanationResource> ExplainAsync(string target, ExplainRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.Explain, target), request, ApiJson.Default.ExplainRequest, ApiJson.Default.ExplanationResource, cancellationToken);

    /// <summary>What is missing to make a role of a target unable to read PHI by itself. Changes nothing.</summary>
    public Task<FloorResource> GetFloorAsync(string target, string? role, FloorLevel level, CancellationToken cancellationToken) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Get, With(ApiRoutes.Floor, target) + Query(("role", role), ("level", JsonNamingPolicy.KebabCaseLower.ConvertName(level.ToString())))),
            ApiJson.Default.FloorResource,
            _options.TargetWorkTimeout,
            cancellationToken);

    /// <summary>Makes a role the floor of a target, with the credential of an administrator of that target.</summary>
    public Task<FloorResource> ApplyFloorAsync(string target, FloorRequest request, CancellationToken cancellationToken) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, With(ApiRoutes.Floor, target)) { Content = JsonContent.Create(request, ApiJson.Default.FloorRequest) },
            ApiJson.Default.FloorResource,
            _options.TargetWorkTimeout,
            cancellationToken);

    /// <summary>Attacks a copy of a target's protected tables and says what got through.</summary>
    public Task<SelfTestResource> SelfTestAsync(string target, SelfTestRequest request, CancellationToken cancellationToken) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, With(ApiRoutes.SelfTest, target)) { Content = JsonContent.Create(request, ApiJson.Default.SelfTestRequest) },
            ApiJson.Default.SelfTestResource,
            _options.TargetWorkTimeout,
            cancellationToken);

    /// <summary>The public key the ledger is signed with.</summary>
    public Task<LedgerKeyResource> GetLedgerKeyAsync(CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.LedgerKey, ApiJson.Default.LedgerKeyResource, cancellationToken);

    /// <summary>The newest signed checkpoint, as a C2SP signed note.</summary>
    public async Task<string> GetLedgerCheckpointAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiRoutes.LedgerCheckpoint);
        return await ExchangeAsync(
            request,
            async (response, stop) => Encoding.UTF8.GetString(await ReadBodyAsync(response, stop)),
            _options.RequestTimeout,
            cancellationToken);
    }

    /// <summary>Makes an evidence bundle and writes it to <paramref name="destination"/>.</summary>
    /// <param name="request">What the bundle is to hold.</param>
    /// <param name="destination">Gets the zip file's bytes; incomplete when this method throws.</param>
    /// <param name="progress">Told the bytes written so far; may be null.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>Bytes written.</returns>
    public async Task<long> ExportEvidenceAsync(ExportRequest request, Stream destination, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, ApiRoutes.EvidenceExports);
        message.Content = JsonContent.Create(request, ApiJson.Default.ExportRequest);
        using var stall = new CancellationTokenSource(_options.ExportStallTimeout, _options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellationToken);
        return await TranslateAsync(
            async () =>
            {
                using var response = await SendOnceAsync(message, stop.Token);
                if (response.Content.Headers.ContentType?.MediaType != "application/zip")
                {
                    throw UnexpectedAnswer("it is not a zip file");
                }

                return await BoundedCopy.CopyAsync(
                    response.Content,
                    destination,
                    _options.MaxExportBytes,
                    written =>
                    {
                        stall.CancelAfter(_options.ExportStallTimeout);
                        progress?.Report(written);
                    },
                    stop.Token);
            },
            cancellationToken);
    }

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), type, _options.RequestTimeout, cancellationToken);

    private async Task<T> PostAsync<TBody, T>(string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        await SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, bodyType) },
            type,
            _options.RequestTimeout,
            cancellationToken);

    private async Task<T> SendAsync<T>(HttpRequestMessage message, JsonTypeInfo<T> type, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var request = message;
        return await ExchangeAsync(
            request,
            async (response, stop) => JsonSerializer.Deserialize(await ReadBodyAsync(response, stop), type) ?? throw UnexpectedAnswer("it is empty"),
            timeout,
            cancellationToken);
    }

    private async Task<T> ExchangeAsync<T>(
        HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, _options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        return await TranslateAsync(
            async () =>
            {
                using var response = await SendOnceAsync(request, stop.Token);
                return await read(response, stop.Token);
            },
            cancellationToken);
    }

    /// <summary>Turns what the HTTP stack throws into this client's one exception.</summary>
    private async Task<T> TranslateAsync<T>(Func<Task<T>> exchange, CancellationToken cancellationToken)
    {
        try
        {
            return await exchange();
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(ApiFailure.Unreachable, $"The gateway at {http.BaseAddress} did not answer in time.", "Try again, or ask its operator.", exception);
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable(exception);
        }
        catch (JsonException exception)
        {
            throw UnexpectedAnswer("its JSON is not what this version expects", exception);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        if (accessToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await accessToken(cancellationToken));
        }

        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return response;
        }

        using (response)
        {
            throw await FailureOfAsync(response, cancellationToken);
        }
    }

    private async Task<ApiException> FailureOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType == ApiProblem.MediaType)
        {
            var problem = JsonSerializer.Deserialize(await ReadBodyAsync(response, cancellationToken), ApiJson.Default.ApiProblem);
            if (problem is not null)
            {
                // The status line is what proxies and clients act on; a differing member does not change the failure.
                return new ApiException(problem with { Status = (int)response.StatusCode });
            }
        }

        var failure = ApiException.FailureOf(response.StatusCode);
        return new ApiException(
            failure,
            $"The gateway at {http.BaseAddress} answered {(int)response.StatusCode} without saying why.",
            failure == ApiFailure.Unauthenticated ? "Sign in again with `sallyport login`." : "Check the gateway's address.");
    }

    private static async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await BoundedCopy.CopyAsync(response.Content, buffer, ApiLimits.MaxResponseBytes, null, cancellationToken);
        return buffer.ToArray();
    }

    private ApiException Unreachable(Exception exception)
    {
        var certificate = exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
        return new ApiException(
            ApiFailure.Unreachable,
            $"The gateway at {http.BaseAddress} cannot be reached: {Innermost(exception).Message}",
            certificate ? "Name the authority that signed its certificate with --ca FILE." : "Check --gateway, the network, and that the gateway runs.",
            exception);
    }

    private static Exception Innermost(Exception exception) => exception.InnerException is null ? exception : Innermost(exception.InnerException);

    private static ApiException UnexpectedAnswer(string what, Exception? exception = null) =>
        new(ApiFailure.UnexpectedAnswer, $"The gateway's answer cannot be used: {what}.", "Check the gateway's address and that both sides have the same version.", exception);

    private static string With(string route, string id)
    {
        // Ids are letters, digits, '_' and '-'; anything else could name another path.
        if (id.Length is 0 or > MaxIdCharacters || !id.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-'))
        {
            throw new ApiException(ApiFailure.InvalidRequest, "That is not an id.", "Copy the id as the gateway printed it.");
        }

        return route.Replace("{id}", id, StringComparison.Ordinal);
    }

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return query.ToString();
    }

    private static string? NameOf(ApprovalState? state) => state is null ? null : JsonNamingPolicy.KebabCaseLower.ConvertName(state.Value.ToString());

    private static string? NameOf(SessionState? state) => state is null ? null : JsonNamingPolicy.KebabCaseLower.ConvertName(state.Value.ToString());

    private static string NameOf(int number) => number.ToString(CultureInfo.InvariantCulture);
}
