using System.Text;
using Sallyport.Tools.Fuzzer.Database;
using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>How a statement is sent.</summary>
internal enum Protocol
{
    Simple,
    Text,
    Binary,
}

/// <summary>One statement of a case.</summary>
/// <param name="Rows">Extended only: rows at a time, 0 for all.</param>
/// <param name="Describe">Extended only: 'S' for the statement, 'P' for the portal, '-' for neither.</param>
/// <param name="IsPiped">Extended only: the next statement is sent before this one is answered.</param>
internal sealed record Step(Protocol Protocol, Node Sql, IReadOnlyList<Parameter> Parameters, int Rows = 0, char Describe = 'P', bool IsPiped = false)
{
    public static Step Plain(string sql) => new(Protocol.Simple, Node.Text("fixed", sql), []);

    public static Step Of(Node sql) => new(Protocol.Simple, sql, []);

    public override string ToString()
    {
        var text = new StringBuilder("@ ").Append(Protocol.ToString().ToLowerInvariant());
        if (Protocol != Protocol.Simple)
        {
            text.Append($" rows={Rows} describe={Describe}").Append(IsPiped ? " piped" : "");
            foreach (var parameter in Parameters)
            {
                text.Append(' ').Append(parameter.Column is { } column ? $"{column.Key}:{parameter.K}" : $"'{parameter.Fixed}'");
            }
        }

        return text.Append('\n').Append(Sql.Notation()).Append('\n').ToString();
    }
}

/// <summary>Statements of one session, which must be answered alike by both databases.</summary>
internal sealed record Case(IReadOnlyList<Step> Steps)
{
    public const string Begin = "BEGIN";
    public const string Rollback = "ROLLBACK";

    /// <summary>The values of tagged columns that the statements themselves mention: a client may get back what it sent.</summary>
    public IEnumerable<(PhiColumn Column, int K)> Values => Steps.SelectMany(s =>
        s.Parameters.Where(p => p.Column is not null).Select(p => (p.Column!, p.K)).Concat(PhiLiteral.Mentioned(s.Sql.Notation()))).Distinct();

    public int Size => Steps.Sum(s => s.Sql.Size);

    public override string ToString() => string.Concat(Steps);

    /// <summary>Cases that are a little smaller.</summary>
    public IEnumerable<Case> Smaller()
    {
        // What is rolled back stays so: no trial may change a table.
        foreach (var dispensable in Steps.Where(s => Steps.Count > 1 && s.Sql.Texts[0] is not (Begin or Rollback)))
        {
            yield return new Case([.. Steps.Where(s => !ReferenceEquals(s, dispensable))]);
        }

        for (var i = 0; i < Steps.Count; i++)
        {
            var step = Steps[i];
            if (step.Protocol != Protocol.Simple && step.Parameters.Count == 0)
            {
                yield return With(i, step with { Protocol = Protocol.Simple, IsPiped = false });
            }

            foreach (var sql in Shrinker.Candidates(step.Sql))
            {
                yield return With(i, step with { Sql = sql });
            }
        }
    }

    private Case With(int index, Step step) => new([.. Steps.Select((s, i) => i == index ? step : s)]);
}
