using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>Collects everything that is wrong with one file, so that it is told at once.</summary>
internal sealed class Problems(string file)
{
    /// <summary>Problems beyond this number are counted, not told.</summary>
    public const int MaxTold = 200;

    private readonly List<ConfigurationProblem> _found = [];
    private int _untold;

    public bool HasErrors { get; private set; }

    public void Add(int line, string message, string remedy)
    {
        HasErrors = true;
        Keep(new ConfigurationProblem(file, line, message, remedy));
    }

    public void Warn(int line, string message, string remedy) => Keep(new ConfigurationProblem(file, line, message, remedy, IsWarning: true));

    /// <summary>All problems by line.</summary>
    public ImmutableArray<ConfigurationProblem> ToImmutable()
    {
        var ordered = _found.OrderBy(p => p.Line).ToList();
        if (_untold > 0)
        {
            ordered.Add(new ConfigurationProblem(file, ordered[^1].Line, $"and {_untold} more problems", "solve the ones above first"));
        }
        return [.. ordered];
    }

    private void Keep(ConfigurationProblem problem)
    {
        if (_found.Count < MaxTold)
        {
            _found.Add(problem);
        }
        else
        {
            _untold++;
        }
    }
}
