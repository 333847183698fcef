using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class InferenceBinderTests : IDisposable
{
    private const string Rest = SampleText.Grants;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_the_map_the_defaults_hold_and_a_limit_denies() =>
        Assert.Equal(InferencePolicy.Default, Load("").Configuration!.Policy.Inference);

    [Fact]
    public void Every_limit_can_be_set()
    {
        var loaded = Load("inference: {constantsPerHour: 7, listLength: 8, errors: 1, errorsPerHour: 2, writeErrorsPerHour: 3, attemptsPerHour: 4, rows: 9, approvers: [officers], hold: 1s, expires: 20s}");
        Assert.Empty(loaded.Problems);
        var policy = loaded.Configuration!.Policy.Inference;
        Assert.Equal((7, 8, 1, 2, 3, 9), (policy.ConstantsPerHour, policy.ListLength, policy.Errors, policy.ErrorsPerHour, policy.WriteErrorsPerHour, policy.Rows));
        Assert.Equal(4, policy.AttemptsPerHour);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)), (policy.Hold, policy.Expires));
        Assert.Equal(["officers"], policy.Approvers);
        Assert.Equal(["officers"], loaded.Configuration.Roles.Reviewer);
    }

    [Theory]
    [InlineData("inference: {atLimit: ask}", "inference.approvers is missing")]
    [InlineData("inference: {atLimit: deny, approvers: [officers]}", "approvers means nothing where a limit denies")]
    [InlineData("inference: {hold: 5s}", "hold means nothing where a limit denies")]
    [InlineData("inference: {atLimit: allow}", "inference.atLimit cannot be \"allow\"")]
    [InlineData("inference: {errors: 0}", "inference.errors is out of range")]
    [InlineData("inference: {listLength: none}", "inference.listLength is not a number")]
    [InlineData("inference: {constantPerHour: 5}", "inference.constantPerHour is not known")]
    [InlineData("inference: {approvers: [officers], hold: 1m, expires: 30s}", "hold is longer than expires")]
    [InlineData("inference: {approvers: [doctors]}\nroles: {reviewer: [officers]}", "approver group doctors does not have the reviewer role")]
    [InlineData("rules:\n  - {name: error-budget, match: {}, verdict: deny}", "error-budget cannot be a name here")]
    public void What_cannot_be_enforced_is_a_problem(string text, string problem)
    {
        var loaded = Load(text);
        Assert.Null(loaded.Configuration);
        Assert.Contains(loaded.Problems, p => p.Message == problem);
    }

    private ConfigurationResult Load(string text)
    {
        File.WriteAllText(_folder.File("c.yaml"), $"{Rest}{text}\n");
        return ConfigurationLoader.Load(_folder.File("c.yaml"));
    }
}
