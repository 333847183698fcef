using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>Days and hours of a place in which a rule is in force. An end before the begin is on the next day.</summary>
/// <param name="Days">The days on which a window begins.</param>
/// <param name="From">When it begins.</param>
/// <param name="Until">When it ends; the same time as the begin is a whole day later.</param>
/// <param name="Zone">Where the clock hangs.</param>
public sealed record AccessHours(ImmutableArray<DayOfWeek> Days, TimeOnly From, TimeOnly Until, TimeZoneInfo Zone)
{
    /// <summary>The end of the window an instant lies in; null outside of every window.</summary>
    public DateTimeOffset? EndOfWindow(DateTimeOffset instant)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Zone).DateTime);
        // The window of yesterday may not be over yet.
        return End(today.AddDays(-1), instant) ?? End(today, instant);
    }

    private DateTimeOffset? End(DateOnly day, DateTimeOffset instant)
    {
        if (!Days.Contains(day.DayOfWeek))
        {
            return null;
        }
        var begin = InstantOf(day, From);
        var end = InstantOf(Until > From ? day : day.AddDays(1), Until);
        return instant >= begin && instant < end ? end : null;
    }

    private DateTimeOffset InstantOf(DateOnly day, TimeOnly time)
    {
        var local = day.ToDateTime(time, DateTimeKind.Unspecified);
        // A time that the clock skips in spring is the one an hour later.
        local = Zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        return new DateTimeOffset(local, Zone.GetUtcOffset(local));
    }
}
