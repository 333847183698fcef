namespace Sallyport.EndToEnd.Masking;

public sealed class LeakMatrix15Tests(LeakMatrix15Tests.Fixture fixture) : LeakMatrix(fixture), IClassFixture<LeakMatrix15Tests.Fixture>
{
    public sealed class Fixture : LeakFixture;
}

public sealed class LeakMatrix17Tests(LeakMatrix17Tests.Fixture fixture) : LeakMatrix(fixture), IClassFixture<LeakMatrix17Tests.Fixture>
{
    public sealed class Fixture : LeakFixture
    {
        private protected override int Major => 17;
    }
}

public sealed class LeakMatrix18Tests(LeakMatrix18Tests.Fixture fixture) : LeakMatrix(fixture), IClassFixture<LeakMatrix18Tests.Fixture>
{
    public sealed class Fixture : LeakFixture
    {
        private protected override int Major => 18;
    }
}
