namespace Sallyport.EndToEnd.Statements;

public sealed class Copy15Tests(Copy15Tests.Fixture fixture) : CopyScripts(fixture), IClassFixture<Copy15Tests.Fixture>
{
    public sealed class Fixture : CopyFixture;
}

public sealed class Copy18Tests(Copy18Tests.Fixture fixture) : CopyScripts(fixture), IClassFixture<Copy18Tests.Fixture>
{
    public sealed class Fixture : CopyFixture
    {
        private protected override int Major => 18;
    }
}
