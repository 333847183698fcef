namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

public sealed class PlainParametersTests
{
    public static TheoryData<int> Majors => [.. GoldenTarget.Majors];

    [Theory]
    [MemberData(nameof(Majors))]
    public void A_parameter_is_plain_where_it_stands_by_itself(int major)
    {
        var target = new GoldenTarget(major);
        Assert.Equal([1, 2], target.Understand("equality").PlainParameters);
        Assert.Equal([1], target.Understand("update").PlainParameters);
        Assert.Equal([1], target.Understand("any_parameter").PlainParameters);
        Assert.Empty(target.Understand("lower_equality").PlainParameters);
        Assert.Empty(target.Understand("insert").PlainParameters);
        Assert.DoesNotContain(1, target.Understand("equality_cast").PlainParameters);
    }
}
