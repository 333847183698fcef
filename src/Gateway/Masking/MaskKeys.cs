using System.Security.Cryptography;

namespace Sallyport.Gateway.Masking;

/// <summary>The keys of one session: a random one of its own, and those it shares with others. Not thread-safe; disposing it ends every mask made with it.</summary>
public sealed class MaskKeys : IDisposable
{
    /// <summary>Bytes of a token's digest.</summary>
    internal const int DigestBytes = 32;

    private readonly MaskKeyRing? _ring;
    private readonly TokenVaults _vaults;
    private readonly string _target;
    private readonly string _caller;
    private readonly string _run;
    private readonly TokenKey?[] _keys = new TokenKey?[Enum.GetValues<TokenScope>().Length];
    private readonly List<string> _leases = [];
    private bool _isDisposed;

    private MaskKeys(MaskKeyRing? ring, TokenVaults vaults, string target, string caller, string run)
    {
        _ring = ring;
        _vaults = vaults;
        _target = target;
        _caller = caller;
        _run = run;
    }

    /// <summary>A fresh random key, so that tokens of two sessions never match, and no other.</summary>
    public static MaskKeys ForSession() => new(ring: null, new TokenVaults(TimeProvider.System), "", "", "");

    /// <summary>A fresh random key, and the shared ones of a run and a target.</summary>
    /// <param name="ring">Null where no tag's operator needs a key that outlives a session.</param>
    /// <param name="vaults">What the target's sessions remember of shared tokens.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="caller">Who is remembered as having been given a token.</param>
    /// <param name="run">Names the run among all issuers' runs; empty for none.</param>
    public static MaskKeys ForSession(MaskKeyRing? ring, TokenVaults vaults, string target, string caller, string run) => new(ring, vaults, target, caller, run);

    public void Dispose()
    {
        _isDisposed = true;
        foreach (var key in _keys)
        {
            key?.Dispose();
        }

        _keys[(int)TokenScope.Session]?.Vault.Dispose();
        foreach (var lease in _leases)
        {
            _vaults.Return(lease);
        }

        _leases.Clear();
    }

    /// <exception cref="InvalidOperationException">The scope needs stored keys, and there are none.</exception>
    internal TokenKey For(TokenScope scope)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (scope == TokenScope.Run && _run.Length == 0)
        {
            scope = TokenScope.Session;
        }

        return _keys[(int)scope] ??= scope switch
        {
            TokenScope.Session => new TokenKey(RandomNumberGenerator.GetBytes(DigestBytes), "s", new TokenVault()),
            TokenScope.Run => new TokenKey(Ring.TokenKey($"run\0{_target}\0{_run}"), "r", Lease($"run\0{_caller}\0{_run}")),
            _ => new TokenKey(Ring.TokenKey($"target\0{_target}"), $"t{Ring.Epoch}", Lease($"target\0{_caller}")),
        };
    }

    /// <summary>The key that moves the dates of this target.</summary>
    /// <exception cref="InvalidOperationException">There are no stored keys.</exception>
    internal byte[] ShiftKey => Ring.ShiftKey(_target);

    private MaskKeyRing Ring => _ring ?? throw new InvalidOperationException("the masks need stored keys, and there are none");

    private TokenVault Lease(string name)
    {
        _leases.Add(name);
        return _vaults.Lease(name);
    }
}
