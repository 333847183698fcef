namespace Sallyport.Cli.SignIn;

/// <summary>Signs a person in on another device (RFC 8628): shows a code, then polls until it was entered.</summary>
internal sealed class DeviceFlow(OAuthClient issuer, TimeProvider time)
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SlowDownStep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(30);

    /// <param name="metadata">The issuer's endpoints.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="form">Scope, audience and resource.</param>
    /// <param name="prompt">Shows the person where to go and what to enter.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<TokenDocument> RunAsync(
        IssuerDocument metadata,
        ClientCredential client,
        IReadOnlyList<KeyValuePair<string, string>> form,
        Action<DeviceDocument> prompt,
        CancellationToken cancellationToken)
    {
        if (metadata.DeviceAuthorizationEndpoint is not { } endpoint)
        {
            throw new CliException(ExitCode.Refused, "The issuer has no device flow.", "Sign in with a client secret: --client-secret-file FILE.");
        }

        var device = await issuer.RequestDeviceCodeAsync(endpoint, client, form, cancellationToken);
        if (device is not { DeviceCode.Length: > 0, UserCode.Length: > 0, VerificationUri.Length: > 0 })
        {
            throw TokenRefusal.Of(device.Error, device.ErrorDescription);
        }

        prompt(device);
        return await PollAsync(metadata.TokenEndpoint!, client, device, cancellationToken);
    }

    private async Task<TokenDocument> PollAsync(string endpoint, ClientCredential client, DeviceDocument device, CancellationToken cancellationToken)
    {
        var life = Clamp(device.ExpiresInSeconds, LongestLife, LongestLife);
        var interval = Clamp(device.IntervalSeconds, DefaultInterval, LongestInterval);
        KeyValuePair<string, string>[] form =
        [
            new("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            new("device_code", device.DeviceCode!),
        ];
        var started = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(interval, time, cancellationToken);
            if (time.GetElapsedTime(started) >= life)
            {
                throw new CliException(ExitCode.Refused, "Nobody entered the code in time.", "Run `sallyport login` again.");
            }

            var answer = await AskOnceAsync(endpoint, client, form, cancellationToken);
            switch (answer?.Error)
            {
                case null when answer is not null:
                    return answer;
                case null:
                    // RFC 8628, section 3.5: back off when the connection fails.
                    interval = Min(interval * 2, LongestInterval);
                    break;
                case "authorization_pending":
                    break;
                case "slow_down":
                    interval = Min(interval + SlowDownStep, LongestInterval);
                    break;
                default:
                    throw TokenRefusal.Of(answer.Error, answer.ErrorDescription);
            }
        }
    }

    private async Task<TokenDocument?> AskOnceAsync(
        string endpoint, ClientCredential client, KeyValuePair<string, string>[] form, CancellationToken cancellationToken)
    {
        try
        {
            return await issuer.RequestTokenAsync(endpoint, client, form, cancellationToken);
        }
        catch (IssuerUnreachableException)
        {
            return null;
        }
    }

    private static TimeSpan Clamp(long? seconds, TimeSpan whenAbsent, TimeSpan most) =>
        seconds is > 0 ? TimeSpan.FromSeconds(Math.Min(seconds.Value, (long)most.TotalSeconds)) : whenAbsent;

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
