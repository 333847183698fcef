using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sallyport.Tools.Mutation;

/// <summary>What a mutant takes away.</summary>
internal enum Change
{
    /// <summary>A call that checks.</summary>
    Call,

    /// <summary>The right side of a taint of two.</summary>
    RightTaint,

    /// <summary>The left side of a taint of two.</summary>
    LeftTaint,

    /// <summary>The branch of an if.</summary>
    Branch,

    /// <summary>The difference between a derived value and a stored one.</summary>
    Level,

    /// <summary>The right side of an and.</summary>
    RightCondition,

    /// <summary>The left side of an and.</summary>
    LeftCondition,
}

/// <summary>One change to one file.</summary>
/// <param name="Number">By which it is switched on.</param>
/// <param name="Tree">The file.</param>
/// <param name="Node">What is changed in it.</param>
/// <param name="Change">How.</param>
internal sealed record Mutant(int Number, SyntaxTree Tree, SyntaxNode Node, Change Change)
{
    private const int MaxText = 110;

    /// <summary>File and line.</summary>
    public string Place => $"{Path.GetFileName(Tree.FilePath)}:{Tree.GetLineSpan(Node.Span).StartLinePosition.Line + 1}";

    /// <summary>The change in words.</summary>
    public string What => Change switch
    {
        Change.Call => $"without {Short(Node)}",
        Change.RightTaint => $"only the left of {Short(Node)}",
        Change.LeftTaint => $"only the right of {Short(Node)}",
        Change.Branch => $"never if ({Short(((IfStatementSyntax)Node).Condition)})",
        Change.Level => "Identity instead of Derived",
        Change.RightCondition => $"without && {Short(((BinaryExpressionSyntax)Node).Right)}",
        _ => $"without {Short(((BinaryExpressionSyntax)Node).Left)} &&",
    };

    private static string Short(SyntaxNode node)
    {
        var text = string.Join(' ', node.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length > MaxText ? text[..MaxText] + "..." : text;
    }
}

/// <summary>
/// What a careless edit could take away from a rule: a refusal, a check, a guard, half of a taint, or the difference between its levels.
/// </summary>
internal static class Mutants
{
    private static readonly string[] Checks = ["Refuse", "Judge", "Check", "Note", "Mark", "Record", "Count", "Require", "Demand"];

    /// <summary>All changes to some files, numbered from 1.</summary>
    public static List<Mutant> Of(IEnumerable<SyntaxTree> files)
    {
        var all = files.SelectMany(tree => tree.GetRoot().DescendantNodes().SelectMany(node => Changes(node).Select(change => (tree, node, change))));
        return [.. all.Select((m, index) => new Mutant(index + 1, m.tree, m.node, m.change))];
    }

    private static Change[] Changes(SyntaxNode node) => node switch
    {
        ExpressionStatementSyntax { Expression: InvocationExpressionSyntax call } when IsCheck(call) => [Change.Call],
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Compute" or "Merge" }, ArgumentList.Arguments: [_] } =>
            [Change.RightTaint, Change.LeftTaint],
        IfStatementSyntax { Condition: not IsPatternExpressionSyntax { Pattern: ConstantPatternSyntax } } => [Change.Branch],
        MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "TaintLevel" }, Name.Identifier.Text: "Derived", Parent: ArgumentSyntax or AssignmentExpressionSyntax } =>
            [Change.Level],
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalAndExpression } => [Change.RightCondition, Change.LeftCondition],
        _ => [],
    };

    private static bool IsCheck(InvocationExpressionSyntax call)
    {
        var name = call.Expression switch
        {
            MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
            IdentifierNameSyntax identifier => identifier.Identifier.Text,
            _ => "",
        };
        return Array.Exists(Checks, check => name.StartsWith(check, StringComparison.Ordinal));
    }
}
