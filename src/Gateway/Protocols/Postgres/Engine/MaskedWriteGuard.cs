using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Keeps masked values from being written back over what they stand for: a statement that writes and touches a table with tagged columns may hold no
/// literal, no parameter and no copied field that looks like one of them. An agent that copies what it read would otherwise destroy it unnoticed.
/// </summary>
internal sealed class MaskedWriteGuard(Func<PhiMap> phi)
{
    public static readonly Refusal Refusal = new(
        "masked-write",
        "The statement would write a masked value (a token, [TAG], or stars) where a real one belongs.",
        "Leave the column out, or write a real value; to find a row by a token, give the token as a parameter of =.");

    private static readonly Refusal UnreadableCopy = new("copy-option", "An option of this COPY could not be read.", "Write its values as plain strings.");

    /// <summary>Whether a writing statement holds such a literal.</summary>
    public bool IsIn(ReadOnlySpan<byte> text, Command command)
    {
        // No literal of that kind without one of these, so most statements are not read again.
        if (!Concerns(command) || !text.ContainsAny((byte)'[', (byte)'*', (byte)'_'))
        {
            return false;
        }

        var forms = phi().MaskedForms;
        var lexer = new SqlLexer(text);
        while (true)
        {
            var token = lexer.NextSignificant();
            if (token.Kind == SqlTokenKind.End)
            {
                return false;
            }

            if (forms.Contains(Content(token.Kind, token.Of(text))))
            {
                return true;
            }
        }
    }

    /// <summary>Whether a parameter is one, after tokens that may be taken back were.</summary>
    /// <param name="parameters">Formats and values of a checked Bind.</param>
    /// <param name="command">What they are bound to.</param>
    public bool IsAmong(ReadOnlySpan<byte> parameters, Command command)
    {
        if (!Concerns(command))
        {
            return false;
        }

        var forms = phi().MaskedForms;
        var reader = new MessageReader(parameters);
        reader.Bytes(reader.Int16() * sizeof(short));
        var count = reader.Int16();
        for (var i = 0; i < count; i++)
        {
            // Text is the same in both formats, and a value of another type cannot look like this.
            if (reader.Int32() is >= 0 and var length && forms.Contains(reader.Bytes(length)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What is said against a statement itself; null when nothing is. The data of a COPY have to be readable, too.</summary>
    public Refusal? RefusalOf(ReadOnlySpan<byte> text, StatementForm form, Command command) =>
        IsIn(text, command) ? Refusal
        : Concerns(command) && form is StatementForm.Copy { Direction: CopyDirection.In } copy && CopyLayout.Of(copy.Settings, []) is null ? UnreadableCopy
        : null;

    /// <summary>What looks through the data of a COPY FROM STDIN into such a table; null where none is needed.</summary>
    public CopyScan? ScanOf(StatementForm form, Command command) =>
        Concerns(command) && form is StatementForm.Copy { Direction: CopyDirection.In } copy && CopyLayout.Of(copy.Settings, []) is { } layout
            ? CopyScan.Of(layout, phi().MaskedForms)
            : null;

    private static bool Concerns(Command command) => command is { Class: CommandClass.Write, TouchesPhi: true };

    /// <summary>What stands between the quotes. A literal with quotes or escapes inside is no masked value.</summary>
    private static ReadOnlySpan<byte> Content(SqlTokenKind kind, ReadOnlySpan<byte> source)
    {
        if (kind is not (SqlTokenKind.Text or SqlTokenKind.EscapedText or SqlTokenKind.NationalText or SqlTokenKind.DollarText))
        {
            return [];
        }

        var quote = kind == SqlTokenKind.DollarText ? (byte)'$' : (byte)'\'';
        var first = source.IndexOf(quote) + 1;
        if (kind == SqlTokenKind.DollarText)
        {
            var tag = source[first..].IndexOf(quote) + 1;
            return source.Length >= 2 * (first + tag) ? source[(first + tag)..^(first + tag)] : [];
        }

        var last = source.LastIndexOf(quote);
        return last >= first ? source[first..last] : [];
    }
}
