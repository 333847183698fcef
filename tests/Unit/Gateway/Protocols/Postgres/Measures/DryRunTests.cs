using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Measures;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Recording;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Measures;

public sealed class DryRunTests
{
    private static readonly Command Update = new()
    {
        Target = "clinic",
        Class = CommandClass.Write,
        Effects = Effects.Update,
        Template = "UPDATE t SET a = $n",
        Relations = [new RelationUse("public", "t", RelationAccess.Write)],
    };

    private static readonly PlanEstimate Small = new(DryRun.MaxRows, "Update on t by Seq Scan", IsOneWrite: true);

    [Fact]
    public void One_plain_write_of_bounded_size_may_be_tried() => Assert.Null(DryRun.WhyNot(Held(Update), Small));

    [Theory]
    [InlineData(CommandClass.Read, Effects.None, "it is no write")]
    [InlineData(CommandClass.Write, Effects.None, "it is no write")]
    [InlineData(CommandClass.Ddl, Effects.Update, "it is no write")]
    [InlineData(CommandClass.Write, Effects.Update | Effects.Notify, "it does more than insert, update, delete or merge")]
    [InlineData(CommandClass.Write, Effects.Truncate, "it does more than insert, update, delete or merge")]
    public void Nothing_but_a_write_of_rows_is_tried(CommandClass commandClass, Effects effects, string why) =>
        Assert.Equal(why, DryRun.WhyNot(Held(Update with { Class = commandClass, Effects = effects }), Small));

    [Fact]
    public void Neither_more_writes_nor_large_ones_nor_those_in_a_transaction_are_tried()
    {
        Assert.Equal("it does more than one write", DryRun.WhyNot(Held(Update), Small with { IsOneWrite = false }));
        Assert.Equal("the planner expects more than 100,000 rows", DryRun.WhyNot(Held(Update), Small with { Rows = DryRun.MaxRows + 1 }));
        Assert.Contains("transaction is open", DryRun.WhyNot(Held(Update, isAlone: false), Small));
    }

    [Theory]
    [InlineData("public", true)]
    [InlineData("", false)]
    public void What_is_written_has_to_be_the_named_table_itself(string schema, bool isIndirect) =>
        Assert.Contains("view or a rule", DryRun.WhyNot(Held(Update with { Relations = [new RelationUse(schema, "t", RelationAccess.Write, isIndirect)] }), Small));

    [Fact]
    public void Names_in_the_gateways_own_statements_are_quoted()
    {
        RelationUse[] written = [new("s\"; DROP", "t' --", RelationAccess.Write)];
        Assert.Equal("LOCK TABLE \"s\"\"; DROP\".\"t' --\" IN ROW EXCLUSIVE MODE", DryRunSql.Lock(written));
        Assert.Contains("'\"s\"\"; DROP\".\"t'' --\"'", DryRunSql.TroubleWithWritten(written));
    }

    private static HeldStatement Held(Command command, bool isAlone = true) => new(
        new ServerStatement
        {
            Text = [],
            Form = new StatementForm.Analysed(),
            Command = command,
            Encoded = Recorder.Encode(command),
            Fields = [],
            ParsedInBatch = 0,
            ParsedAfter = 0,
        },
        ReadOnlyMemory<byte>.Empty,
        BindsTokens: false,
        isAlone);
}
