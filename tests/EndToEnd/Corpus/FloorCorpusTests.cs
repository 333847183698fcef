using System.Text.Json;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Corpus;

/// <summary>The second key: the rows of the corpus as the role that <c>sallyport floor</c> makes, on the bare server and through a target in <c>floor</c> mode.</summary>
public sealed class FloorCorpusTests
{
    private const string Role = "corpus_floor";

    [Fact]
    public async Task The_floor_role_keeps_every_read_only_row_from_leaking_alone_and_behind_the_gateway()
    {
        var password = Path.Combine(TestRun.Subdirectory("admin"), "password");
        await File.WriteAllTextAsync(password, PostgresServer.SuperuserPassword);
        await using var system = await CorpusSystem.StartAsync(15, seed: 1);
        var applied = await system.Gateway.Cli("floor").With(Shared.Issuer.Human("olga", "operators")).RunAsync(
            "floor", "--target", "corpus_agent_ro", "--role", Role, "--apply", "--admin-user", PostgresServer.Superuser, "--admin-password-file", password);
        applied.Expect(0);
        await system.Server.ExecuteAsync($"ALTER ROLE {Role} PASSWORD 'pw'");

        var ids = File.ReadLines(Path.Combine(system.Folder, "open.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(row => row.GetProperty("priv").GetString() == "agent_ro" && !row.TryGetProperty("sessions", out _))
            .Select(row => row.GetProperty("id").GetString()!)
            .ToList();
        var rows = await system.LeaksAsync(through: false, ids, Role);
        Assert.Equal(ids.Count, rows.Count);
        var leaks = rows.Where(row => row.GetProperty("leak").GetBoolean() && !IsOnlyItsOwnRefusal(row))
            .Select(row => $"{row.GetProperty("id").GetString()} {row.GetProperty("channels")}").ToList();
        Assert.True(leaks.Count == 0, $"{leaks.Count} of {rows.Count}: {string.Join("; ", leaks)}");

        await system.UseFloorAsync(Role);
        rows = await system.LeaksAsync(through: true, ids, Role);
        Assert.Equal(ids.Count, rows.Count);
        Assert.Empty(rows.Where(row => row.GetProperty("leak").GetBoolean()).Select(row => $"{row.GetProperty("id").GetString()} {row.GetProperty("channels")}"));

        // A gateway that refuses to talk at all would leak nothing either.
        Assert.DoesNotContain(rows, row => row.GetProperty("errors").EnumerateArray().Any(error => error.GetString()!.StartsWith("CONN", StringComparison.Ordinal)));
    }

    /// <summary>Four rows look for any digits in any channel, and find those of "permission denied" (42501).</summary>
    private static bool IsOnlyItsOwnRefusal(JsonElement row) =>
        row.GetProperty("channels").EnumerateObject().All(channel => channel.Name == "error" && channel.Value.EnumerateArray().All(hit => hit.GetString()!.StartsWith("rx:", StringComparison.Ordinal)))
        && row.GetProperty("errors").EnumerateArray().All(error => error.GetString()!.StartsWith("42501: permission denied", StringComparison.Ordinal));
}
