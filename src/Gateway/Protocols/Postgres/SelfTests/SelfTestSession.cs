using System.Text;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>Runs statements in a session of the gateway's own engine, as a client's would be, and keeps every byte that comes back.</summary>
internal sealed class SelfTestSession(PostgresDoor door, SharedTarget shared, Principal principal)
{
    /// <summary>Most bytes kept of one session's answers.</summary>
    private const int MaxKeptBytes = 4 * 1024 * 1024;

    /// <returns>The bytes as Latin-1, and whether a statement was refused or failed.</returns>
    public async ValueTask<(string Received, bool Refused)> RunAsync(IEnumerable<string> statements, CancellationToken cancellationToken)
    {
        var settings = StartupSettings.Of(new StartupPacket.Startup(3, 0, []), out _)!;
        var connection = await shared.Target.ConnectAsync(settings.Parameters, cancellationToken);
        var (client, server) = MemoryWire.Pair();
        var id = SessionRegistry.NewId();
        var recorder = await door.Recorder.StartSessionAsync(new SessionFacts
        {
            SessionId = id,
            Target = shared.Target.Name,
            Principal = principal,
            ClientAddress = "local",
            Tls = "none",
            Protocol = "selftest",
            PolicyHash = door.Policy.Current.Hash,
        });
        door.Sessions.Reserve(principal.Id);
        var session = new PostgresSession(door, shared, new ClientStart(server, new InputBuffer(server), new StartupPacket.Startup(3, 0, []), ""), settings, connection, principal, id, recorder);
        var running = session.RunAsync();
        var received = new MemoryStream();
        var refused = false;
        await using (var conversation = PlainConnection.Over(client))
        await using (cancellationToken.UnsafeRegister(static wire => ((MemoryWire)wire!).Abort(), client))
        {
            await conversation.WhenReadyAsync();
            client.Received = piece => received.Write(piece.Span[..(int)Math.Min(piece.Length, MaxKeptBytes - received.Length)]);
            foreach (var statement in statements)
            {
                refused |= !await TryAsync(conversation, statement);
            }
        }

        await running;
        return (Encoding.Latin1.GetString(received.ToArray()), refused);
    }

    private static async ValueTask<bool> TryAsync(PlainConnection conversation, string statement)
    {
        try
        {
            await conversation.QueryAsync(statement);
            return true;
        }
        catch (StatementFailedException)
        {
            return false;
        }
        catch (IOException)
        {
            // The gateway ended the session, which is a refusal too.
            return false;
        }
    }
}
