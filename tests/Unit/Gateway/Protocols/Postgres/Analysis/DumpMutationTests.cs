using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

/// <summary>Damaged dumps: whatever comes in, the analyser answers, and damage to the structure never makes a tag disappear.</summary>
public sealed class DumpMutationTests
{
    private const int RoundsPerMajor = 1500;

    public static TheoryData<int> Majors => [.. GoldenTarget.Majors];

    [Theory]
    [MemberData(nameof(Majors))]
    public void Any_damage_ends_in_an_answer(int major)
    {
        var target = new GoldenTarget(major);
        var statements = target.Statements.Where(name => name is not "catalog").ToArray();
        var random = new SeededBytes((ulong)major);
        for (var round = 0; round < RoundsPerMajor; round++)
        {
            var dump = target.Dump(statements[random.Next(statements.Length)]);
            for (var i = 1 + random.Next(3); i > 0; i--)
            {
                dump = Damage(dump, random);
            }

            Assert.NotNull(target.Analyze(dump));
        }
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public void Damage_to_the_structure_never_loses_a_tag(int major)
    {
        var target = new GoldenTarget(major);
        string[] statements = ["star", "subquery", "cte", "view", "join_using", "union_all", "group_by", "matview_identity", "delete_using", "inheritance_child"];
        var random = new SeededBytes((ulong)major);
        for (var round = 0; round < RoundsPerMajor; round++)
        {
            var statement = statements[random.Next(statements.Length)];
            var dump = target.Dump(statement);
            var expected = target.Understand(statement).Outputs;
            if (target.Analyze(DamageStructure(dump, random)) is AnalysisOutcome.Understood { Analysis: { Refusal: null, IsUtility: false } analysis })
            {
                Assert.Equal(expected.Select(output => output.Tag), analysis.Outputs.Select(output => output.Tag));
            }
        }
    }

    private static byte[] Damage(byte[] dump, SeededBytes random)
    {
        if (dump.Length == 0)
        {
            return dump;
        }

        var at = random.Next(dump.Length);
        switch (random.Next(5))
        {
            case 0:
                dump[at] = (byte)random.Next(256);
                return dump;
            case 1:
                return dump[..at];
            case 2:
                return [.. dump[..at], .. dump[Math.Min(dump.Length, at + 1 + random.Next(39))..]];
            case 3:
                return [.. dump[..at], .. dump[random.Next(dump.Length)..]];
            default:
                return [.. dump[..at], .. "{}():<>\\ 0"u8.Slice(random.Next(10), 1), .. dump[at..]];
        }
    }

    /// <summary>Changes names of nodes and fields, brackets and spaces, but no value.</summary>
    private static byte[] DamageStructure(byte[] dump, SeededBytes random)
    {
        var text = Encoding.UTF8.GetString(dump);
        var marks = new List<int>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '{' or '}' or '(' or ')' or ':')
            {
                marks.Add(i);
            }
        }

        var at = marks[random.Next(marks.Count)];
        var end = at + 1;
        while (end < text.Length && char.IsLetter(text[end]))
        {
            end++;
        }

        return Encoding.UTF8.GetBytes(random.Next(4) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, text[at].ToString()),
            2 => text.Remove(at, end - at),
            _ => text.Insert(end, "x"),
        });
    }
}
