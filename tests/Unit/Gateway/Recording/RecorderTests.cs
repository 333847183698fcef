using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Evidence.Log;

namespace Sallyport.Unit.Gateway.Recording;

public sealed class RecorderTests : IDisposable
{
    private readonly TestLedger _test = new();

    [Fact]
    public async Task A_session_is_a_chain_of_numbered_records()
    {
        await using (var recorder = await _test.StartAsync())
        {
            var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
            var intent = session.Intent(TestLedger.Intent());
            await intent.Durable;
            session.Outcome(TestLedger.Outcome(intent.Index));
            await session.EndAsync("client-closed");
            await recorder.StoppedAsync("shutdown");
        }
        var records = await ReadAllAsync();
        Assert.Equal(["gateway.start", "clock.status", "auth.ok", "session.start", "intent", "outcome", "session.end", "gateway.stop"], records.Select(r => r.Record.Kind));
        var chain = records.Where(r => r.Record.Header.Session == "s-1").ToList();
        Assert.Equal([0, 1, 2, 3, 4], chain.Select(r => r.Record.Header.Sequence));
        for (var i = 1; i < chain.Count; i++)
        {
            Assert.Equal(chain[i - 1].Hash.ToString(), chain[i].Record.Header.Previous);
        }
        Assert.Equal(4, records[5].Record.Integer("intent"));
        Assert.Empty(_test.Verify().Findings);
    }

    [Fact]
    public async Task Every_column_that_is_shown_fits_into_the_record_of_the_largest_command()
    {
        var awkward = new string('\u0001', 60);
        var command = new Command
        {
            Target = "clinic",
            Class = CommandClass.Read,
            Effects = Effects.None,
            Relations = [.. Enumerable.Range(0, 500).Select(number => new RelationUse("clinic", $"{number}{awkward}", RelationAccess.Read))],
            Functions = [.. Enumerable.Range(0, 500).Select(number => $"{number}{awkward}")],
            PhiColumns = [.. Enumerable.Range(0, 500).Select(number => $"{number}{awkward}")],
            Unmasked = [.. Enumerable.Range(0, 50).Select(number => new UnmaskedColumn($"{number}{awkward}", "gr_6HZ636DR3B"))],
            Template = new string('\u0001', 100_000),
        };
        await using (var recorder = await _test.StartAsync())
        {
            var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
            await session.Intent(TestLedger.Intent() with { Command = Recorder.Encode(command) }).Durable;
        }
        var record = (await ReadAllAsync()).Select(static r => r.Record).Single(static r => r.Kind == "intent");
        Assert.Equal(command.Unmasked.Select(static column => column.Column), record.Items("unmasked").Select(static item => item.GetProperty("col").GetString()));
    }

    [Fact]
    public async Task A_crash_is_closed_with_an_unknown_outcome_at_the_next_start()
    {
        var recorder = await _test.StartAsync();
        var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
        var answered = session.Intent(TestLedger.Intent());
        session.Outcome(TestLedger.Outcome(answered.Index));
        var dangling = session.Intent(TestLedger.Intent());
        await dangling.Durable;
        await recorder.DisposeAsync();
        await using (await _test.StartAsync())
        {
        }
        var records = await ReadAllAsync();
        var tail = records.Where(r => r.Record.Header.Session == "s-1").TakeLast(2).Select(r => r.Record).ToList();
        Assert.Equal("outcome.unknown", tail[0].Kind);
        Assert.Equal(dangling.Index, tail[0].Integer("intent"));
        Assert.Equal("session.end", tail[1].Kind);
        Assert.Equal("gateway-crash", tail[1].Text("reason"));
        Assert.Equal(tail[0].Header.Sequence + 1, tail[1].Header.Sequence);
        Assert.Equal(2, tail[1].Integer("outcomes"));
        Assert.Empty(_test.Verify().Findings);
    }

    [Fact]
    public async Task Nothing_a_person_or_a_client_typed_is_stored()
    {
        const string Secret = "Müller, Jane 1970-01-02";
        await using (var recorder = await _test.StartAsync())
        {
            await recorder.AuthenticationFailedAsync(AuthenticationFailure.WrongAudience, "127.0.0.1", Secret);
            var facts = TestLedger.Facts("s-1");
            var session = await recorder.StartSessionAsync(facts with { Principal = facts.Principal with { RunId = Secret, ClientId = Secret, OnBehalfOf = Secret } });
            await session.DenyAsync(new DenialFacts { PolicyHash = "sha256:aa", Rule = "analysis:unknown-column", Reason = Secret, Action = Secret, ApprovalId = Secret });
            await session.EndAsync(Secret);
            await recorder.StoppedAsync(Secret);
        }
        foreach (var path in Directory.EnumerateFiles(_test.Directory, "*", SearchOption.AllDirectories))
        {
            var text = await File.ReadAllTextAsync(path);
            Assert.DoesNotContain("ller, Jane", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("1970-01-02", text, StringComparison.Ordinal);
        }
        Assert.Contains(await ReadAllAsync(), r => r.Record.Kind == "auth.fail" && r.Record.Text("reason") == "wrong-audience");
    }

    [Fact]
    public async Task A_template_longer_than_a_record_is_cut_and_keeps_the_fingerprint_of_the_whole()
    {
        var template = string.Concat(Enumerable.Repeat("SELECT \"ünïcode\" \u0001 ", 20_000));
        await using (var recorder = await _test.StartAsync())
        {
            var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
            await session.Intent(TestLedger.Intent() with { Command = TestLedger.Command(template) }).Durable;
        }
        var record = (await ReadAllAsync()).Single(r => r.Record.Kind == "intent").Record;
        Assert.StartsWith(record.Text("tmpl"), template, StringComparison.Ordinal);
        Assert.NotEmpty(record.Text("tmpl"));
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(template), record.Integer("tmpl_bytes"));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(template))), record.Text("tmpl_fp"));
    }

    [Fact]
    public async Task A_command_with_everything_at_its_longest_fits_a_record()
    {
        var longNames = Enumerable.Range(0, 3000).Select(i => $"schéma.table_{i}.{new string('\u0001', 60)}").ToList();
        var command = new Command
        {
            Target = "clinic",
            Class = CommandClass.Write,
            Effects = Effects.Insert | Effects.Update,
            Template = string.Concat(Enumerable.Repeat("\u0001", 60_000)),
            Relations = [.. longNames.Select(n => new RelationUse("s", n, RelationAccess.Write))],
            Functions = [.. longNames],
            PhiColumns = [.. longNames],
            Inferences = [.. longNames.Select(n => new ColumnInference(n, "equality", 20))],
        };
        await using (var recorder = await _test.StartAsync())
        {
            var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
            await session.Intent(TestLedger.Intent() with { Command = Recorder.Encode(command), ApprovalId = new string('a', 64) }).Durable;
        }
        var record = (await ReadAllAsync()).Single(r => r.Record.Kind == "intent").Record;
        Assert.InRange(record.Integer("infers_more") ?? 0, 2900, 2999);
    }

    [Fact]
    public async Task An_alarm_is_a_record_of_the_session()
    {
        await using (var recorder = await _test.StartAsync())
        {
            var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
            session.Alarm(new AlarmFacts { Kind = "prefix-walk", Column = "clinic.patients.mrn", Count = 17 });
            await session.EndAsync("client-closed");
        }
        var record = (await ReadAllAsync()).Single(r => r.Record.Kind == "inference.alarm").Record;
        Assert.Equal(("prefix-walk", "clinic.patients.mrn", 17), (record.Text("alarm"), record.Text("col"), record.Integer("count")));
        Assert.Equal("s-1", record.Header.Session);
        Assert.Empty(_test.Verify().Findings);
    }

    [Fact]
    public async Task After_its_end_a_session_records_nothing()
    {
        await using var recorder = await _test.StartAsync();
        var session = await recorder.StartSessionAsync(TestLedger.Facts("s-1"));
        await session.EndAsync("client-closed");
        await session.EndAsync("client-closed");
        Assert.Throws<InvalidOperationException>(() => session.Intent(TestLedger.Intent()));
    }

    public void Dispose() => _test.Dispose();

    private async Task<List<(RecordLine Record, LeafHash Hash)>> ReadAllAsync()
    {
        var records = new List<(RecordLine, LeafHash)>();
        await using var ledger = await Ledger.OpenAsync(_test.Options, (_, leaf) => records.Add((RecordLine.Parse(leaf), LeafHash.Of(leaf.Span))));
        return records;
    }
}
