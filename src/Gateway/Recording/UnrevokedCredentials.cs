using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Recording;

/// <summary>Roles of sessions that were issued and not revoked, as the log says. Filled at start.</summary>
internal sealed class UnrevokedCredentials
{
    private readonly Dictionary<string, UnrevokedCredential> _issued = new(StringComparer.Ordinal);

    public IEnumerable<UnrevokedCredential> All => _issued.Values.OrderBy(static credential => credential.Role, StringComparer.Ordinal);

    public void Observe(RecordLine record)
    {
        switch (record.Kind)
        {
            case RecordKinds.CredentialIssue:
                var role = record.Text("role") ?? "";
                _issued[role] = new UnrevokedCredential(role, record.Header.Session, record.Header.Connection);
                break;
            case RecordKinds.CredentialRevoke:
                _issued.Remove(record.Text("role") ?? "");
                break;
        }
    }
}

/// <param name="Role">The role's name at the target.</param>
/// <param name="Session">The session it was made for.</param>
/// <param name="Target">The target's name.</param>
public sealed record UnrevokedCredential(string Role, string Session, string Target);
