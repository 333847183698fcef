using Sallyport.Gateway.Policy;

namespace Sallyport.Unit.Gateway.Policy;

public sealed class PolicyNamesTests
{
    [Fact]
    public void Effects_have_the_names_of_the_configuration_and_back()
    {
        foreach (var effect in Enum.GetValues<Effects>().Where(e => e != Effects.None))
        {
            var name = Assert.Single(PolicyNames.NamesOf(effect));
            Assert.True(PolicyNames.TryParseEffect(name, out var parsed));
            Assert.Equal(effect, parsed);
        }
        Assert.Equal(["update", "copy-in"], PolicyNames.NamesOf(Effects.CopyIn | Effects.Update));
        Assert.False(PolicyNames.TryParseEffect("none", out _));
    }

    [Fact]
    public void Classes_have_the_names_of_the_configuration_and_back()
    {
        Assert.Equal(["session", "read", "write", "ddl", "admin"], PolicyNames.Classes);
        foreach (var commandClass in Enum.GetValues<CommandClass>())
        {
            Assert.True(PolicyNames.TryParseClass(PolicyNames.NameOf(commandClass), out var parsed));
            Assert.Equal(commandClass, parsed);
        }
    }
}
