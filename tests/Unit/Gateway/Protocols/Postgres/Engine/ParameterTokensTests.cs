using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class ParameterTokensTests : IDisposable
{
    private readonly MaskKeys _keys = MaskKeys.ForSession();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_token_becomes_the_stored_value_and_nothing_else_changes(bool binary)
    {
        var redemption = Redeem(Statement([Equality(2)]), Parameters(binary, "free", Token("4711"), null));
        Assert.Null(redemption.Unknown);
        Assert.Equal(Parameters(binary, "free", "4711", null), redemption.Parameters);
    }

    [Fact]
    public void Elements_of_an_array_are_taken_back_too()
    {
        var redemption = Redeem(Statement([Equality(1, isArray: true)]), Parameters(binary: false, $"{{{Token("4711")},5}}"));
        Assert.Equal(Parameters(binary: false, "{\"4711\",\"5\"}"), redemption.Parameters);
    }

    [Fact]
    public void Only_a_plain_parameter_of_an_equality_over_a_column_masked_by_tokens_is_replaced()
    {
        var token = Parameters(binary: false, Token("4711"));
        Assert.Equal(default, Redeem(Statement([]), token));
        Assert.Equal(default, Redeem(Statement([Equality(2)]), token));
        Assert.Equal(default, Redeem(Statement([Equality(1) with { Kind = InferenceKind.Search }]), token));
        Assert.Equal(default, Redeem(Statement([Equality(1) with { IsTransformed = true }]), token));
        Assert.Equal(default, Redeem(Statement([Equality(1) with { Tag = "NAME" }]), token));
        Assert.Equal(default, Redeem(Statement([Equality(1)], form: new StatementForm.Empty()), token));
        Assert.Equal(default, Redeem(Statement([Equality(1)]), Parameters(binary: false, "4711")));
        Assert.Equal(default, Redeem(Statement([Equality(1)]), Parameters(binary: false, [null])));
    }

    [Fact]
    public void A_token_that_something_else_of_the_statement_could_see_is_refused()
    {
        // SELECT $1 FROM patients WHERE mrn = $1 would show the stored value.
        var redemption = Redeem(Statement([Equality(1)], plain: []), Parameters(binary: false, Token("4711")));
        Assert.Null(redemption.Parameters);
        Assert.Contains("more than once", redemption.Unknown);
        Assert.Equal(default, Redeem(Statement([Equality(1)], plain: []), Parameters(binary: false, "4711")));
    }

    [Fact]
    public void A_token_nobody_was_given_is_refused_by_name_of_the_column()
    {
        using var others = MaskKeys.ForSession();
        var redemption = Redeem(Statement([Equality(1)]), Parameters(binary: false, Token("4711", others)));
        Assert.Null(redemption.Parameters);
        Assert.Equal("clinic.patients.mrn", redemption.Column);
        Assert.Contains("was not given out here", redemption.Unknown);
    }

    private Redemption Redeem(ServerStatement statement, byte[] parameters) =>
        new ParameterTokens(_keys, static tag => tag == "MRN" ? new MaskOperator.Token() : new MaskOperator.Redact()).Redeem(statement, parameters);

    private static Inference Equality(int parameter, bool isArray = false) =>
        new("clinic.patients.mrn", "MRN", InferenceKind.Equality, [new ComparedValue(parameter, default, isArray)]);

    private static ServerStatement Statement(Inference[] inferences, int[]? plain = null, StatementForm? form = null) => new()
    {
        Name = [],
        Text = [],
        Form = form ?? new StatementForm.Analysed(),
        Command = new Command { Target = "clinic", Class = CommandClass.Read, Effects = Effects.None, Template = "" },
        Encoded = default!,
        Analysis = new StatementAnalysis
        {
            Class = CommandClass.Read,
            Effects = Effects.None,
            TouchesPhi = true,
            Inferences = [.. inferences],
            PlainParameters = [.. plain ?? [1, 2]],
        },
        RowDescription = [],
        Fields = [],
        ParsedInBatch = 0,
        ParsedAfter = 0,
        ParameterTypes = [],
    };

    private string Token(string value, MaskKeys? keys = null)
    {
        var mask = ColumnMaskFactory.Create("MRN", new MaskOperator.Token(), new MaskedType(25, -1, IsBinary: false), keys ?? _keys, TimeProvider.System);
        var destination = new byte[mask.MaxBytes];
        return Encoding.UTF8.GetString(destination, 0, mask.Write(Encoding.UTF8.GetBytes(value), destination));
    }

    private static byte[] Parameters(bool binary, params string?[] values)
    {
        var buffer = new MessageBuffer();
        buffer.Int16(1).Int16(binary ? (short)1 : (short)0).Int16((short)values.Length);
        foreach (var value in values)
        {
            buffer.Int32(value?.Length ?? -1).Bytes(Encoding.UTF8.GetBytes(value ?? ""));
        }

        return buffer.Written.ToArray();
    }
}
