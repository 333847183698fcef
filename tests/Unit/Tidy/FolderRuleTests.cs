namespace Sallyport.Unit.Tidy;

public sealed class FolderRuleTests
{
    [Fact]
    public void No_folder_of_the_gateway_uses_one_it_may_not_use()
    {
        var files = FolderRule.Files();
        Assert.NotEmpty(files);
        Assert.Empty(FolderRule.Violations(files));
    }

    [Theory]
    [InlineData("Masking/A.cs", "using Sallyport.Gateway.Policy;", "Masking may not use Policy")]
    [InlineData("Policy/A.cs", "using static Sallyport.Gateway.Sessions.Gate;", "Policy may not use Sessions")]
    [InlineData("Identity/A.cs", "class A { Sallyport.Gateway.Recording.Recorder r; }", "Identity may not use Recording")]
    [InlineData("Transport/A.cs", "class A { Masking.Masker m; }", "Transport may not use Masking")]
    [InlineData("Sessions/A.cs", "using Sallyport.Gateway.Protocols.Postgres;", "Sessions may not use Protocols")]
    [InlineData("Protocols/Http/A.cs", "using Sallyport.Gateway.Protocols.Postgres;", "a protocol may not use the protocol Postgres")]
    [InlineData("Sundries/A.cs", "", "the folder Sundries has no place in the folder rule")]
    public void A_planted_violation_is_found(string path, string text, string expected)
    {
        var found = FolderRule.Violations([("src/Gateway/" + path, text), ("src/Gateway/Masking/Masker.cs", "internal sealed class Masker;")]);
        Assert.Contains(expected, Assert.Single(found));
    }

    [Theory]
    [InlineData("Listeners/A.cs", "using Sallyport.Gateway.Policy;")]
    [InlineData("Protocols/Postgres/A.cs", "using Sallyport.Gateway.Protocols.Postgres.Wire; using Sallyport.Gateway.Transport;")]
    [InlineData("Masking/A.cs", "// see Sallyport.Gateway.Policy\nclass A { string s = \"Sallyport.Gateway.Policy\"; }")]
    [InlineData("Identity/A.cs", "class A { int Policy; int B() => Policy.CompareTo(1); }")]
    public void What_is_allowed_is_not_found(string path, string text) =>
        Assert.Empty(FolderRule.Violations([("src/Gateway/" + path, text)]));
}
