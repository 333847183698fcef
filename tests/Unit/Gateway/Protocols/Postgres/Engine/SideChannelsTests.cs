using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class SideChannelsTests
{
    [Theory]
    [InlineData("sclinic|tpatients|", true)]
    [InlineData("sclinic|trooms|", false)]
    [InlineData("WSQL statement \"UPDATE ONLY \"clinic\".\"patients\" SET \"clinic_id\" = NULL WHERE $1\"|", true)]
    [InlineData("WSQL statement \"DELETE FROM ONLY \"clinic\".\"rooms\" WHERE x\"|", false)]
    [InlineData("WPL/pgSQL function clinic.check_room() line 3 at RAISE|", false)]
    public void An_error_of_a_clean_statement_that_names_a_tagged_table_speaks_of_it(string fields, bool expected) =>
        Assert.Equal(expected, TestChannels.Create(out _).SpeaksOfTagged(Body("23502", fields)));

    [Fact]
    public void Only_the_first_failure_shows_its_exact_code()
    {
        var channels = TestChannels.Create(out _);
        Assert.Equal("23505", CodeOf(channels.WriteScrubbed, "23505", FailureRisk.Writes));
        Assert.Equal("23000", CodeOf(channels.WriteScrubbed, "23503", FailureRisk.Writes));
        Assert.Equal("22000", CodeOf(channels.WriteScrubbed, "22012", FailureRisk.Computes));
        Assert.Equal("XX000", CodeOf(channels.WriteScrubbed, "AB1CD", FailureRisk.None));
    }

    [Fact]
    public void A_code_that_is_not_the_servers_own_is_never_shown() =>
        Assert.Equal("22000", CodeOf(TestChannels.Create(out _).WriteScrubbed, "22ANN", FailureRisk.Computes));

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    [InlineData("57014")]
    [InlineData("55P03")]
    [InlineData("25P02")]
    public void What_programs_retry_on_is_always_shown_and_never_counted(string code)
    {
        var channels = TestChannels.Create(out var watch);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(code, CodeOf(channels.WriteScrubbed, code, FailureRisk.Computes));
        }

        Assert.True(watch.Failed(FailureRisk.None));
    }

    [Fact]
    public void Nothing_of_the_servers_words_is_left()
    {
        var output = new MessageBuffer();
        TestChannels.Create(out _).WriteScrubbed(
            output, Body("22P02", "Minvalid: Ann|DAnn|HAnn|P12|p3|qSELECT Ann|WAnn|sclinic|tAnn|cAnn|dAnn|nAnn|FAnn.c|LAnn|RAnn|"), FailureRisk.Computes);
        var text = Encoding.UTF8.GetString(output.Written.Span);
        Assert.DoesNotContain("Ann", text);
        Assert.DoesNotContain("clinic", text);
        Assert.All("DPpqWstcdnFLR", field => Assert.DoesNotContain($"\0{field}", text));
    }

    private static byte[] Body(string code, string fields) => Encoding.UTF8.GetBytes($"SERROR\0VERROR\0C{code}\0{fields.Replace('|', '\0')}\0");

    private delegate void Writer(MessageBuffer output, ReadOnlySpan<byte> body, FailureRisk? risk);

    private static string CodeOf(Writer write, string code, FailureRisk risk)
    {
        var output = new MessageBuffer();
        write(output, Body(code, ""), risk);
        return ErrorFields.SqlState(output.Written.Span[5..]);
    }
}
