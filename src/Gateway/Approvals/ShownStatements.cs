using System.Collections.Immutable;
using System.Text;

namespace Sallyport.Gateway.Approvals;

/// <summary>The exact text of a command that waits, for the reviewer's eyes.</summary>
/// <param name="Text">The statement as sent.</param>
/// <param name="Parameters">The bound parameters as text.</param>
/// <param name="Cut">Whether the statement was too long to be kept whole.</param>
public sealed record ShownStatement(string Text, ImmutableArray<string> Parameters, bool Cut);

/// <summary>Holds statements in memory only, up to a limit; the oldest go first. Not thread-safe: the desk guards it.</summary>
internal sealed class ShownStatements(int maxStatementBytes, int maxTotalBytes)
{
    private const int BytesPerChar = sizeof(char);

    private readonly Dictionary<string, ShownStatement> _byApproval = new(StringComparer.Ordinal);
    private readonly LinkedList<string> _oldestFirst = new();
    private int _totalBytes;

    public void Keep(string approvalId, ShownStatement statement)
    {
        Forget(approvalId);
        _byApproval.Add(approvalId, statement);
        _oldestFirst.AddLast(approvalId);
        _totalBytes += SizeOf(statement);
        while (_totalBytes > maxTotalBytes && _oldestFirst.First is { } oldest)
        {
            Forget(oldest.Value);
        }
    }

    public ShownStatement? Find(string approvalId) => _byApproval.GetValueOrDefault(approvalId);

    public void Forget(string approvalId)
    {
        if (_byApproval.Remove(approvalId, out var statement))
        {
            _oldestFirst.Remove(approvalId);
            _totalBytes -= SizeOf(statement);
        }
    }

    /// <summary>Decodes what the question holds, while its buffers are valid.</summary>
    public ShownStatement Read(ApprovalQuestion question)
    {
        var statement = question.Statement.Span;
        var room = maxStatementBytes - Math.Min(statement.Length, maxStatementBytes);
        var parameters = ImmutableArray.CreateBuilder<string>(question.ShownParameters.Length);
        foreach (var parameter in question.ShownParameters)
        {
            room -= parameter.Length;
            if (room < 0)
            {
                break;
            }
            parameters.Add(parameter);
        }
        var cut = statement.Length > maxStatementBytes || parameters.Count < question.ShownParameters.Length;
        return new ShownStatement(Encoding.UTF8.GetString(statement[..Math.Min(statement.Length, maxStatementBytes)]), parameters.ToImmutable(), cut);
    }

    private static int SizeOf(ShownStatement statement)
    {
        var chars = statement.Text.Length;
        foreach (var parameter in statement.Parameters)
        {
            chars += parameter.Length;
        }
        return chars * BytesPerChar;
    }
}
