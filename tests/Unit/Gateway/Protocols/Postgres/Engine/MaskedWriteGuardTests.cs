using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class MaskedWriteGuardTests
{
    private static readonly PhiMap Phi = new([new PhiColumn("clinic", "patients", "name", "NAME")], new Dictionary<string, MaskOperator>(), new MaskOperator.Redact());

    private readonly MaskedWriteGuard _guard = new(() => Phi);

    [Theory]
    [InlineData("UPDATE clinic.patients SET name = '[NAME]' WHERE patient_id = 1", true)]
    [InlineData("INSERT INTO clinic.patients VALUES (1, E'[NAME]')", true)]
    [InlineData("INSERT INTO clinic.patients VALUES (1, $$******6789$$)", true)]
    [InlineData("INSERT INTO clinic.patients VALUES (1, $x$[NAME]$x$)", true)]
    [InlineData("INSERT INTO clinic.patients VALUES (1, 'tok_name_sabcd_abcdefghijklmnop')", true)]
    [InlineData("UPDATE clinic.patients SET name = 'Ada [NAME]' WHERE patient_id = 1", false)]
    [InlineData("UPDATE clinic.patients SET name = \"[NAME]\" /* '[NAME]' */ WHERE patient_id = 1", false)]
    [InlineData("UPDATE clinic.patients SET name = 'O''[NAME]' WHERE patient_id = 1", false)]
    [InlineData("UPDATE clinic.patients SET tags = ARRAY['a'] WHERE patient_id = 1", false)]
    [InlineData("UPDATE clinic.patients SET name = '", false)]
    [InlineData("UPDATE clinic.patients SET name = $$$$ WHERE a[1] = 2", false)]
    public void A_literal_that_is_a_masked_value_is_found(string sql, bool isFound) => Assert.Equal(isFound, _guard.IsIn(Encoding.UTF8.GetBytes(sql), Command(CommandClass.Write)));

    [Fact]
    public void Reading_and_writing_elsewhere_is_not_looked_at()
    {
        var sql = "INSERT INTO report VALUES ('[NAME]')"u8;
        Assert.False(_guard.IsIn(sql, Command(CommandClass.Read)));
        Assert.False(_guard.IsIn(sql, Command(CommandClass.Write) with { TouchesPhi = false }));
        Assert.False(_guard.IsAmong(Parameters("[NAME]"), Command(CommandClass.Read)));
        Assert.True(_guard.IsAmong(Parameters("[NAME]"), Command(CommandClass.Write)));
    }

    [Fact]
    public void A_parameter_that_is_a_masked_value_is_found()
    {
        Assert.True(_guard.IsAmong(Parameters("1", null, "******6789"), Command(CommandClass.Write)));
        Assert.False(_guard.IsAmong(Parameters("1", null, "6789"), Command(CommandClass.Write)));
        Assert.False(_guard.IsAmong(Parameters(), Command(CommandClass.Write)));
    }

    private static Command Command(CommandClass commandClass) => new() { Target = "clinic", Class = commandClass, Effects = Effects.None, TouchesPhi = true, Template = "" };

    private static byte[] Parameters(params string?[] values)
    {
        var buffer = new MessageBuffer();
        buffer.Int16(0).Int16((short)values.Length);
        foreach (var value in values)
        {
            buffer.Int32(value?.Length ?? -1).Bytes(Encoding.UTF8.GetBytes(value ?? ""));
        }

        return buffer.Written.ToArray();
    }
}
