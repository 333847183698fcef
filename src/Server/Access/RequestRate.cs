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
    }
}
