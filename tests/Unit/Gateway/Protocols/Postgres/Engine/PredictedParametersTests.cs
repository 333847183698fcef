using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class PredictedParametersTests
{
    private readonly PredictedParameters _predicted = new([new("TimeZone", "Europe/Berlin"), new("application_name", "psql"), new("server_version", "17.2")]);

    [Fact]
    public void A_value_from_the_start_passes_whenever_it_comes_back()
    {
        _predicted.Expect("timezone", "utc");
        Assert.True(Passes("TimeZone", "UTC"));
        Assert.True(Passes("TimeZone", "Europe/Berlin"));
        Assert.True(Passes("server_version", "17.2"));
    }

    [Theory]
    [InlineData("application_name", "Ann Smith")]
    [InlineData("TimeZone", "Pacific/Auckland")]
    [InlineData("TimeZone", "<+05>-05")]
    [InlineData("search_path", "ann_smith")]
    [InlineData("session_authorization", "ann_smith")]
    [InlineData("DateStyle", "ISO, Ann")]
    [InlineData("some.extension", "on")]
    public void A_value_that_no_statement_named_does_not(string name, string value) => Assert.False(Passes(name, value));

    [Theory]
    [InlineData("DateStyle", "German, DMY")]
    [InlineData("IntervalStyle", "iso_8601")]
    [InlineData("default_transaction_read_only", "on")]
    [InlineData("in_hot_standby", "off")]
    public void A_setting_of_few_values_always_passes(string name, string value) => Assert.True(Passes(name, value));

    [Theory]
    [InlineData("application_name", "my app", "my app")]
    [InlineData("application_name", "Zürich", "Z??rich")]
    [InlineData("application_name", "Zürich", "Z\\xc3\\xbcrich")]
    [InlineData("application_name", "0123456789012345678901234567890123456789012345678901234567890123456789", "012345678901234567890123456789012345678901234567890123456789012")]
    [InlineData("timezone", "-5", "<-05>+05")]
    [InlineData("timezone", "+05:30", "<+05:30>-05:30")]
    [InlineData("search_path", "clinic, My Schema", "clinic, \"My Schema\"")]
    public void A_value_passes_as_the_server_writes_it(string name, string sent, string reported)
    {
        _predicted.Expect(name, sent);
        Assert.True(Passes(name == "timezone" ? "TimeZone" : name, reported));
    }

    [Fact]
    public void Memory_is_bounded()
    {
        for (var i = 0; i < 3 * PredictedParameters.MaxValues; i++)
        {
            _predicted.Expect("application_name", $"app {i}");
        }

        Assert.True(Passes("application_name", "app 1"));
        Assert.False(Passes("application_name", $"app {2 * PredictedParameters.MaxValues}"));
    }

    private bool Passes(string name, string value) => _predicted.Passes(Encoding.UTF8.GetBytes($"{name}\0{value}\0"));
}
