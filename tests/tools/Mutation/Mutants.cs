using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sallyport.Tools.Mutation;

/// <summary>One change to one file.</summary>
/// <param name="Place">File and line.</param>
/// <param name="What">The change in words.</param>
internal sealed record Mutant(SyntaxTree Original, SyntaxTree Changed, string Place, string What);

/// <summary>
/// What a careless edit could take away from a rule: a refusal, a check, a guard, half of a taint, or the difference between its levels.
/// </summary>
internal static class Mutants
{
    private static readonly string[] Checks = ["Refuse", "Judge", "Check", "Note", "Mark", "Record", "Count", "Require", "Demand"];

    public static IEnumerable<Mutant> Of(SyntaxTree tree)
    {
        var root = tree.GetRoot();
        foreach (var node in root.DescendantNodes())
        {
            foreach (var (replacement, what) in Replacements(node))
            {
                var line = tree.GetLineSpan(node.Span).StartLinePosition.Line + 1;
                var changed = tree.WithRootAndOptions(root.ReplaceNode(node, replacement), tree.Options);
                yield return new Mutant(tree, changed, $"{Path.GetFileName(tree.FilePath)}:{line}", what);
            }
        }
    }

    private static IEnumerable<(SyntaxNode Replacement, string What)> Replacements(SyntaxNode node)
    {
        switch (node)
        {
            case ExpressionStatementSyntax { Expression: InvocationExpressionSyntax call } when IsCheck(call):
                yield return (SyntaxFactory.EmptyStatement(), $"without {Short(call)}");
                break;
            case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Compute" or "Merge" } member, ArgumentList.Arguments: [var argument] }:
                yield return (member.Expression, $"only the left of {Short(node)}");
                yield return (argument.Expression, $"only the right of {Short(node)}");
                break;
            case IfStatementSyntax { Condition: not IsPatternExpressionSyntax { Pattern: ConstantPatternSyntax } } branch:
                yield return (branch.WithCondition(False), $"never if ({Short(branch.Condition)})");
                break;
            case MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "TaintLevel" }, Name.Identifier.Text: "Derived" } level
                when node.Parent is ArgumentSyntax or AssignmentExpressionSyntax:
                yield return (level.WithName(SyntaxFactory.IdentifierName("Identity")), "Identity instead of Derived");
                break;
            case BinaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalAndExpression } and:
                yield return (SyntaxFactory.ParenthesizedExpression(and.Left), $"without && {Short(and.Right)}");
                yield return (SyntaxFactory.ParenthesizedExpression(and.Right), $"without {Short(and.Left)} &&");
                break;
        }
    }

    private static LiteralExpressionSyntax False => SyntaxFactory.LiteralExpression(SyntaxKind.FalseLiteralExpression);

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

    private static string Short(SyntaxNode node)
    {
        var text = string.Join(' ', node.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length > 110 ? text[..110] + "..." : text;
    }
}
