using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Follows the roles that sessions get at their targets: none is issued twice while it is there, each is revoked once and for the session it was issued to, and one that is
/// still there when its session is over is worth a note.
/// </summary>
/// <param name="findings">Takes what does not hold.</param>
/// <param name="notes">Takes roles whose end is not recorded.</param>
/// <param name="file">Where the records are, for people.</param>
internal sealed class CredentialCheck(Findings findings, List<Finding> notes, string file)
{
    private const int MaxNotes = 20;

    /// <summary>Roles that are there, by name.</summary>
    private readonly Dictionary<string, Issued> _issued = new(StringComparer.Ordinal);

    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);

    public void Add(long index, RecordLine record)
    {
        switch (record.Kind)
        {
            case RecordKinds.CredentialIssue:
                Issue(index, record);
                break;
            case RecordKinds.CredentialChange when !_issued.TryGetValue(record.Text("role") ?? "", out var changed) || changed.Session != record.Header.Session:
                findings.Add(At(index), "the rights of a role change that the session does not have");
                break;
            case RecordKinds.CredentialRevoke:
                Revoke(index, record);
                break;
            case RecordKinds.SessionEnd when _issued.Count > 0:
                _ended.Add(record.Header.Session);
                break;
        }
    }

    public void Finish()
    {
        foreach (var (role, issued) in _issued.Where(pair => _ended.Contains(pair.Value.Session)).OrderBy(static pair => pair.Value.Index).Take(MaxNotes))
        {
            notes.Add(new Finding(At(issued.Index), $"role {role} was issued, its session is over, and its end is not recorded (yet)"));
        }
    }

    private void Issue(long index, RecordLine record)
    {
        var role = record.Text("role") ?? "";
        if (record.Header.Session.Length == 0)
        {
            findings.Add(At(index), "a role is issued to no session");
        }
        if (!_issued.TryAdd(role, new Issued(record.Header.Session, index)))
        {
            findings.Add(At(index), $"role {role} is issued although it is there already");
        }
    }

    private void Revoke(long index, RecordLine record)
    {
        var role = record.Text("role") ?? "";
        var session = record.Header.Session.Length > 0 ? record.Header.Session : record.Text("session") ?? "";
        if (!_issued.Remove(role, out var issued))
        {
            // The gateway's own record may tell of a role that another gateway left behind.
            if (record.Header.Session.Length > 0)
            {
                findings.Add(At(index), $"role {role} is revoked and was not issued");
            }
        }
        else if (!string.Equals(issued.Session, session, StringComparison.Ordinal))
        {
            findings.Add(At(index), $"role {role} is revoked for another session than it was issued to");
        }
        _ended.Remove(session);
    }

    private string At(long index) => $"{file}, record {index}";

    private readonly record struct Issued(string Session, long Index);
}
