namespace Sallyport.EndToEnd.Statements;

public sealed class WireParity15Tests(WireParity15Tests.Fixture fixture) : WireParity(fixture), IClassFixture<WireParity15Tests.Fixture>
{
    public sealed class Fixture : StatementFixture;
}

public sealed class WireParity18Tests(WireParity18Tests.Fixture fixture) : WireParity(fixture), IClassFixture<WireParity18Tests.Fixture>
{
    public sealed class Fixture : StatementFixture
    {
        private protected override int Major => 18;
    }
}
