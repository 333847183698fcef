using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

public sealed class DescriptorBudgetTests
{
    [Theory]
    [InlineData(20_000, 1_048_576, 20_000)]
    [InlineData(20_000, 20_000, 9_872)]
    [InlineData(20_000, 1_024, 384)]
    [InlineData(10, 1_024, 10)]
    [InlineData(10, 8, 3)]
    [InlineData(10, 0, 1)]
    public void Every_session_has_two_descriptors_and_something_is_left(int configured, int descriptors, int sessions) =>
        Assert.Equal(sessions, DescriptorBudget.Sessions(configured, (nuint)descriptors));
}
