using System.Security.Cryptography;

namespace Sallyport.DevIssuer;

/// <summary>The sign-ins that wait for a person (RFC 8628), at most <see cref="MaxPending"/> at a time.</summary>
internal sealed class DeviceCodes(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private const int MaxPending = 100;
    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pending> _pending = new(StringComparer.Ordinal);

    /// <summary>A new sign-in; the device code is null when too many wait.</summary>
    public (string? DeviceCode, string UserCode) Start()
    {
        lock (_lock)
        {
            foreach (var (old, pending) in _pending.ToList())
            {
                if (pending.Ends <= time.GetUtcNow())
                {
                    _pending.Remove(old);
                }
            }

            if (_pending.Count >= MaxPending)
            {
                return (null, "");
            }

            var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            var userCode = RandomNumberGenerator.GetString(Letters, 8);
            _pending[code] = new Pending(userCode, time.GetUtcNow() + Lifetime, Person: null);
            return (code, userCode);
        }
    }

    public bool Confirm(string userCode, string person)
    {
        lock (_lock)
        {
            foreach (var (code, pending) in _pending)
            {
                if (pending.UserCode == userCode && pending.Person is null)
                {
                    _pending[code] = pending with { Person = person };
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether the code is known, and who signed in with it. A code that gave a person is used up.</summary>
    public (bool Known, string? Person) Poll(string deviceCode)
    {
        lock (_lock)
        {
            if (!_pending.TryGetValue(deviceCode, out var pending) || pending.Ends <= time.GetUtcNow())
            {
                return (false, null);
            }

            if (pending.Person is not null)
            {
                _pending.Remove(deviceCode);
            }

            return (true, pending.Person);
        }
    }

    private sealed record Pending(string UserCode, DateTimeOffset Ends, string? Person);
}
