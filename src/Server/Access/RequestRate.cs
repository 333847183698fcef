using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace Sallyport.Server.Access;

/// <summary>How often one principal may ask for what makes the gateway connect to a target.</summary>
internal static class RequestRate
{
    /// <summary>Name of the limit, for endpoints.</summary>
    public const string TargetWork = "target-work";

    /// <summary>Requests at once after a pause.</summary>
    public const int Burst = 30;

    /// <summary>Time after which one more is free.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>Name of the limit for what is asked before anybody is signed in, by address.</summary>
    public const string SignIn = "sign-in";

    /// <summary>Requests at once from one address after a pause; many agents may share one.</summary>
    public const int SignInBurst = 200;

    /// <summary>Requests that are free again each second.</summary>
    public const int SignInsPerSecond = 20;

    public static void Configure(RateLimiterOptions options)
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.AddPolicy(TargetWork, static context => RateLimitPartition.GetTokenBucketLimiter(
            (context.User as Caller)?.Principal.Id ?? "",
            static _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Burst,
                TokensPerPeriod = 1,
                ReplenishmentPeriod = Every,
                QueueLimit = 0,
            }));
        options.AddPolicy(SignIn, static context => RateLimitPartition.GetTokenBucketLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            static _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = SignInBurst,
                TokensPerPeriod = SignInsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
    }
}
