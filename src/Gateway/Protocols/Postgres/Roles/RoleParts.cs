using System.Collections.Concurrent;
using System.Security.Cryptography;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>What the roles of all targets share.</summary>
/// <param name="recorder">Where their ends are recorded; its ledger's key tells this gateway's roles from others'.</param>
/// <param name="alert">Told, by target, kind and text, what an operator has to know.</param>
public sealed class RoleParts(Recorder recorder, Action<string, string, string> alert)
{
    private const int IdCharacters = 16;

    internal Recorder Recorder => recorder;

    internal Action<string, string, string> Alert => alert;

    /// <summary>Names this gateway in the marks of its roles: as long as its data folder is there, and of no other.</summary>
    internal string Gateway { get; } = Convert.ToHexStringLower(SHA256.HashData(recorder.Ledger.PublicKey.Span))[..IdCharacters];

    /// <summary>Roles of earlier runs whose end is not recorded yet.</summary>
    internal ConcurrentDictionary<string, UnrevokedCredential> Unrevoked { get; } =
        new(recorder.Unrevoked.Select(static credential => KeyValuePair.Create(credential.Role, credential)), StringComparer.Ordinal);

    /// <summary>The roles that are being made, in use, or being dropped. Several targets may be on one server.</summary>
    internal ConcurrentDictionary<string, bool> Live { get; } = new(StringComparer.Ordinal);
}
