using Sallyport.Gateway.Recording;
using Sallyport.Unit.Evidence.Log;

namespace Sallyport.Unit.Evidence.Verification;

/// <summary>The roles of sessions, as a ledger tells of them.</summary>
public sealed class CredentialCheckTests : IDisposable
{
    private readonly TestLedger _test = new();

    [Fact]
    public async Task A_role_that_is_issued_changed_and_revoked_in_its_session_holds()
    {
        await WriteAsync(async (_, session) =>
        {
            await IssueAsync(session, "r1");
            await session.CredentialChangedAsync("r1", "aa", ["g2"]);
            Assert.True(session.TryCredentialRevoked("r1", "session-end", out var durable));
            await durable;
        });
        var result = _test.Verify();
        Assert.Empty(result.Findings);
        Assert.Empty(result.Notes);
    }

    [Fact]
    public async Task A_role_that_outlives_its_session_is_noted_until_its_end_is_recorded_and_known_at_the_next_start()
    {
        await WriteAsync((_, session) => IssueAsync(session, "r1"));
        var result = _test.Verify();
        Assert.Empty(result.Findings);
        Assert.Contains(result.Notes, static note => note.What.Contains("role r1 was issued", StringComparison.Ordinal));

        await using (var recorder = await _test.StartAsync())
        {
            Assert.Equal([new UnrevokedCredential("r1", "s-1", "clinic")], recorder.Unrevoked);
            await recorder.CredentialRevokedAsync("r1", "s-1", "clinic", "left-over");
        }

        Assert.DoesNotContain(_test.Verify().Notes, static note => note.What.Contains("r1", StringComparison.Ordinal));
        await using var again = await _test.StartAsync();
        Assert.Empty(again.Unrevoked);
    }

    [Fact]
    public async Task What_cannot_have_happened_is_found()
    {
        await WriteAsync(async (recorder, session) =>
        {
            session.TryCredentialRevoked("never", "session-end", out _);
            await session.CredentialChangedAsync("never", "aa", []);
            await IssueAsync(session, "twice");
            await IssueAsync(session, "twice");
            await recorder.CredentialRevokedAsync("twice", "s-2", "clinic", "left-over");
        });
        var findings = _test.Verify().Findings.Select(static finding => finding.What).ToList();
        Assert.Equal(4, findings.Count);
        Assert.Contains("role never is revoked and was not issued", findings);
        Assert.Contains("the rights of a role change that the session does not have", findings);
        Assert.Contains("role twice is issued although it is there already", findings);
        Assert.Contains("role twice is revoked for another session than it was issued to", findings);
    }

    [Fact]
    public async Task A_role_that_another_gateway_left_is_no_finding()
    {
        await WriteAsync(static async (recorder, _) => await recorder.CredentialRevokedAsync("theirs", "s-9", "clinic", "left-over"));
        Assert.Empty(_test.Verify().Findings);
    }

    public void Dispose() => _test.Dispose();

    private async Task WriteAsync(Func<Recorder, SessionRecorder, Task> write)
    {
        await using var recorder = await _test.StartAsync();
        var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
        await write(recorder, session);
        await session.EndAsync("client-closed");
        await recorder.StoppedAsync("shutdown");
    }

    private static async Task IssueAsync(SessionRecorder session, string role) => await session.CredentialIssuedAsync(new CredentialFacts
    {
        Role = role,
        ValidUntil = DateTimeOffset.UnixEpoch,
        MemberOf = [],
        Scope = "",
        Grants = ["g1"],
    });
}
