using Sallyport.Gateway.Access;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Sessions;

/// <summary>Ends sessions to whose principals nothing of their target is open any more. Sessions with other grants go on and are judged by those.</summary>
public sealed class GrantWatch(PolicyEngine policy, SessionRegistry sessions)
{
    private const int MaxReasonChars = 200;

    /// <summary>
    /// Looks at the sessions of one grant's holder at once, to tell them why. Also when other grants are left, a session is ended in which something runs that
    /// none of these opens; and where the grant showed columns unmasked, any in which something runs: its rows may be in clear.
    /// </summary>
    public void GrantEnded(AccessGrant ended)
    {
        var by = ended.EndedBy.Length > 0 ? $" by {ended.EndedBy}" : "";
        var note = ended.EndNote.Length > 0 ? $": {OneLine(ended.EndNote)}" : "";
        EndUncovered(
            session => session.Principal.Id == ended.Holder.Id && session.Target == ended.Grant.Target,
            SessionEnd.GrantEnded(ended.Id, $"{ended.EndCode}{by}{note}"));
        if (!ended.Grant.Unmasked.IsEmpty)
        {
            sessions.EndWhere(
                session => session.Principal.Id == ended.Holder.Id && session.Target == ended.Grant.Target
                    && (ended.Grant.RunId.Length == 0 || ended.Grant.RunId == session.Principal.RunId) && session.IsBusy(),
                SessionEnd.NoLongerUnmasked(ended.Id, $"{ended.EndCode}{by}{note}"));
        }

        sessions.EndWhere(
            session => session.Principal.Id == ended.Holder.Id && session.Target == ended.Grant.Target
                && session.LastAdmitted is { } running && session.IsBusy() && policy.Judge(session.Principal, running) is Verdict.Deny,
            SessionEnd.GrantEndedWhileRunning(ended.Id, $"{ended.EndCode}{by}{note}"));
    }

    /// <summary>Looks at all sessions: grants of the configuration end too, and policies change. What runs and reads in clear is not left to its end then.</summary>
    public void Sweep()
    {
        EndUncovered(static _ => true, SessionEnd.NoGrantLeft);
        sessions.EndWhere(
            session => session.LastAdmitted is { Unmasked.IsEmpty: false } running && session.IsBusy()
                && policy.UnmaskedOf(session.Principal, session.Target).FirstLost(running.Unmasked) is not null,
            SessionEnd.NoLongerShown);
    }

    private void EndUncovered(Func<Session, bool> isMeant, SessionEnd reason) =>
        sessions.EndWhere(session => isMeant(session) && policy.MayConnect(session.Principal, session.Target) is not null, reason);

    private static string OneLine(string text) =>
        string.Concat(text.Take(MaxReasonChars).Select(static character => char.IsControl(character) ? ' ' : character));
}
