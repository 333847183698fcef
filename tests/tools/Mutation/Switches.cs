using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Sallyport.Tools.Mutation;

/// <summary>
/// Puts mutants into a file, each behind a switch of its own, so that one compilation and one process try them all. Inner changes stay inside
/// outer ones.
/// </summary>
internal sealed class Switches(IReadOnlyCollection<Mutant> mutants) : CSharpSyntaxRewriter
{
    /// <summary>What the changed files ask; the worker sets it.</summary>
    public const string Source = "namespace Mutation { public static class Switch { public static volatile int Active; public static bool On(int number) => Active == number; } }";

    private readonly ILookup<SyntaxNode, Mutant> _mutants = mutants.ToLookup(mutant => mutant.Node);

    public static SyntaxTree Add(SyntaxTree tree, IReadOnlyCollection<Mutant> mutants) =>
        tree.WithRootAndOptions(new Switches(mutants).Visit(tree.GetRoot())!, tree.Options);

    public override SyntaxNode? Visit(SyntaxNode? node)
    {
        var changed = base.Visit(node);
        return node is null ? changed : _mutants[node].Aggregate(changed!, Switched);
    }

    private static SyntaxNode Switched(SyntaxNode node, Mutant mutant)
    {
        var on = SyntaxFactory.ParseExpression($"global::Mutation.Switch.On({mutant.Number})");
        return (mutant.Change, node) switch
        {
            (Change.Call, ExpressionStatementSyntax call) => SyntaxFactory.Block(SyntaxFactory.IfStatement(Not(on), call)),
            (Change.Branch, IfStatementSyntax branch) => branch.WithCondition(And(Not(on), SyntaxFactory.ParenthesizedExpression(branch.Condition))),
            (Change.RightTaint, _) => Choice(on, Taint(mutant, node).Left, (ExpressionSyntax)node),
            (Change.LeftTaint, _) => Choice(on, Taint(mutant, node).Right, (ExpressionSyntax)node),
            (Change.Level, ExpressionSyntax level) => Choice(on, SyntaxFactory.ParseExpression("TaintLevel.Identity"), level),
            (Change.RightCondition, BinaryExpressionSyntax and) => and.WithRight(Or(on, and.Right)),
            (Change.LeftCondition, BinaryExpressionSyntax and) => and.WithLeft(Or(on, and.Left)),
            _ => throw new InvalidOperationException($"{mutant.Place}: {mutant.What}"),
        };
    }

    /// <summary>Both sides of a taint, also when the other of the two changes wraps it already.</summary>
    private static (ExpressionSyntax Left, ExpressionSyntax Right) Taint(Mutant mutant, SyntaxNode node)
    {
        var call = node as InvocationExpressionSyntax ?? (InvocationExpressionSyntax)mutant.Node;
        return (((MemberAccessExpressionSyntax)call.Expression).Expression, call.ArgumentList.Arguments[0].Expression);
    }

    private static ParenthesizedExpressionSyntax Choice(ExpressionSyntax on, ExpressionSyntax changed, ExpressionSyntax original) =>
        SyntaxFactory.ParenthesizedExpression(SyntaxFactory.ConditionalExpression(on, SyntaxFactory.ParenthesizedExpression(changed), SyntaxFactory.ParenthesizedExpression(original)));

    private static ParenthesizedExpressionSyntax Or(ExpressionSyntax on, ExpressionSyntax condition) => SyntaxFactory.ParenthesizedExpression(
        SyntaxFactory.BinaryExpression(SyntaxKind.LogicalOrExpression, on, SyntaxFactory.ParenthesizedExpression(condition)));

    private static BinaryExpressionSyntax And(ExpressionSyntax left, ExpressionSyntax right) => SyntaxFactory.BinaryExpression(SyntaxKind.LogicalAndExpression, left, right);

    private static PrefixUnaryExpressionSyntax Not(ExpressionSyntax on) => SyntaxFactory.PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, on);
}
