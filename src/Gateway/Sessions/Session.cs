using System.Net;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Sessions;

/// <summary>One live session as operators see it, and the handle to end it. Thread-safe.</summary>
public sealed class Session
{
    private long _lastActivity;
    private Command? _lastAdmitted;

    public required string Id { get; init; }

    public required Principal Principal { get; init; }

    public required string Target { get; init; }

    public required EndPoint Client { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required SessionRecorder Recorder { get; init; }

    /// <summary>Ends the session: running commands are cancelled, the client gets the reason. Returns at once; safe from any thread.</summary>
    public required Action<SessionEnd> End { get; init; }

    /// <summary>Looks whether the client is still there and tells the session if not. Safe from any thread.</summary>
    public required Action CheckClient { get; init; }

    /// <summary>Whether a command is held or running; a busy session is not idle.</summary>
    public required Func<bool> IsBusy { get; init; }

    /// <summary>The command that was let through last; null before the first. It may have ended long ago.</summary>
    public Command? LastAdmitted
    {
        get => Volatile.Read(ref _lastAdmitted);
        set => Volatile.Write(ref _lastAdmitted, value);
    }

    /// <summary>Completes when the session is over and its end is recorded.</summary>
    public Task Over => _over.Task;

    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Milliseconds of <see cref="Environment.TickCount64"/> at the last byte from the client.</summary>
    public long LastActivity => Interlocked.Read(ref _lastActivity);

    public void Touch() => Interlocked.Exchange(ref _lastActivity, Environment.TickCount64);

    internal void MarkOver() => _over.TrySetResult();
}

/// <summary>Why a session is ended by the gateway.</summary>
/// <param name="Code">Recorded, kebab case: idle, lifetime, token-expired, killed, run-ended, principal-disabled, shutdown.</param>
/// <param name="SqlState">What a PostgreSQL client is told.</param>
/// <param name="Message">One sentence for the client, with the remedy.</param>
public sealed record SessionEnd(string Code, string SqlState, string Message)
{
    public static readonly SessionEnd Idle = new("idle", "57P05", "the session was idle for too long and is ended; connect again");
    public static readonly SessionEnd Lifetime = new("lifetime", "57P05", "the session reached its longest life and is ended; connect again");
    public static readonly SessionEnd Shutdown = new("shutdown", "57P01", "the gateway is shutting down; connect again later");

    public static readonly SessionEnd TokenExpired = new(
        "token-expired", "28000", "the access token of this session has expired; get a new one (sallyport login; sallyport token) and connect again");

    /// <summary>The run has ended.</summary>
    public static readonly SessionEnd RunEnded = new("run-ended", "28000", "the run of this session has ended; begin a new one (sallyport login) and connect again");

    /// <summary>An operator ended the run.</summary>
    /// <param name="by">The operator's name.</param>
    public static SessionEnd RunKilled(string by) => RunEnded with { Message = $"the run of this session was ended by an operator ({by})" };

    /// <param name="by">The operator's name.</param>
    public static SessionEnd PrincipalDisabled(string by) =>
        new("principal-disabled", "28000", $"your access to this gateway was disabled by an operator ({by}); ask them before you connect again");

    /// <summary>Nothing of the target is open to the principal any more.</summary>
    public static readonly SessionEnd NoGrantLeft = new("grant-ended", "42501", "the last grant of this session has ended; ask for access again (sallyport access request)");

    /// <summary>The grant the session lived by was ended by somebody.</summary>
    /// <param name="grant">Its id.</param>
    /// <param name="why">One line.</param>
    public static SessionEnd GrantEnded(string grant, string why) =>
        new("grant-ended", "42501", $"the last grant of this session, {grant}, has ended: {why} - ask for access again (sallyport access request)");

    /// <summary>Something ran that reads in clear what is masked by now.</summary>
    public static readonly SessionEnd NoLongerShown = new(
        "grant-ended", "42501", "a column that this session's statement reads in clear is masked by now; connect again and run it again");

    /// <summary>A grant was ended while something ran that no other grant opens.</summary>
    /// <param name="grant">Its id.</param>
    /// <param name="why">One line.</param>
    public static SessionEnd GrantEndedWhileRunning(string grant, string why) =>
        new("grant-ended", "42501", $"grant {grant} has ended while a statement ran that needs it: {why} - connect again for what other grants open");

    /// <summary>A grant that showed columns unmasked was ended while something ran.</summary>
    /// <param name="grant">Its id.</param>
    /// <param name="why">One line.</param>
    public static SessionEnd NoLongerUnmasked(string grant, string why) =>
        new("grant-ended", "42501", $"grant {grant}, which showed columns unmasked, has ended while a statement ran: {why} - connect again");

    public static readonly SessionEnd TokenRevoked = new(
        "token-revoked", "28000", "the access token of this session was revoked; get a new one (sallyport login) if you are still meant to work here, and connect again");

    public static SessionEnd Killed(string by) => new("killed", "57P01", $"the session was ended by an operator ({by})");

    /// <summary>The same end with what somebody wrote about it, on one line.</summary>
    public SessionEnd Because(string why) => this with { Message = $"{Message}: {OneLine(why)}" };

    private static string OneLine(string text) => string.Create(text.Length, text, static (line, text) =>
    {
        for (var index = 0; index < text.Length; index++)
        {
            line[index] = char.IsControl(text[index]) ? ' ' : text[index];
        }
    });
}
