using System.Reflection;
using System.Text.RegularExpressions;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

/// <summary>docs/reference/configuration.md says what the loader does.</summary>
public sealed partial class ConfigurationReferenceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _page = File.ReadAllText(Path.Combine(Root(), "docs", "reference", "configuration.md"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_limit_is_listed_with_its_default_and_the_range_that_is_enforced()
    {
        var standard = new LimitsConfiguration();
        var rows = LimitRow.Matches(_page).ToDictionary(m => m.Groups[1].Value, m => m);
        Assert.Equal(typeof(LimitsConfiguration).GetProperties().Select(p => Camel(p.Name)).Order(), rows.Keys.Order());

        foreach (var property in typeof(LimitsConfiguration).GetProperties())
        {
            var row = rows[Camel(property.Name)];
            Assert.Equal(property.GetValue(standard), ValueOf(row.Groups[2].Value, property.PropertyType));
            var (from, to) = (row.Groups[3].Value, row.Groups[4].Value);
            Assert.Equal(property.Name == "MessageBytes" ? "statementBytes is larger than messageBytes" : "", Problem(row.Groups[1].Value, from));
            Assert.Contains("out of range", Problem(row.Groups[1].Value, Beyond(property)));
            Assert.DoesNotContain("out of range", Problem(row.Groups[1].Value, to == "1GiB" ? "1073741823" : to));
        }
    }

    [Fact]
    public void Every_name_a_file_can_hold_is_on_the_page()
    {
        var names = PolicyNames.AllEffects
            .Concat(PolicyNames.Classes.Where(c => c != "admin"))
            .Concat(Enum.GetNames<MaskKind>().Select(PolicyNames.Kebab))
            .Concat(Enum.GetNames<TargetTls>().Select(PolicyNames.Kebab))
            .Concat(Enum.GetNames<AuthenticationFailure>().Select(PolicyNames.Kebab))
            .Concat(Enum.GetNames<PredicateLevel>().Select(PolicyNames.Kebab))
            .Concat(Enum.GetNames<RuleDecision>().Select(PolicyNames.Kebab));
        Assert.All(names, name => Assert.Contains($"`{name}`", _page));
        Assert.All(IssuerOptions.SupportedAlgorithms, name => Assert.Matches($@"\b{name}\b", _page));
    }

    private string Problem(string key, string value)
    {
        File.WriteAllText(_folder.File("c.yaml"), $"limits: {{{key}: {value}}}");
        return string.Join('|', ConfigurationLoader.Load(_folder.File("c.yaml")).Problems
            .Where(p => p.Message.Contains("limits.", StringComparison.Ordinal) || p.Message.StartsWith("statementBytes", StringComparison.Ordinal))
            .Select(p => p.Message));
    }

    private static string Beyond(PropertyInfo property) =>
        property.PropertyType == typeof(TimeSpan) ? "8d" : property.Name.EndsWith("Bytes", StringComparison.Ordinal) ? "2GiB" : "999999999";

    private static object ValueOf(string text, Type type)
    {
        if (type == typeof(TimeSpan))
        {
            Assert.True(Scalars.TryDuration(text, out var duration));
            return duration;
        }
        Assert.True(Scalars.TrySize(text, out var size));
        return (int)size;
    }

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Sallyport.slnx")))
        {
            directory = directory.Parent!;
        }
        return directory.FullName;
    }

    [GeneratedRegex(@"^\| `(\w+)` \| (\w+) \| (\w+) \| (\w+) \|", RegexOptions.Multiline, 5000)]
    private static partial Regex LimitRow { get; }
}
