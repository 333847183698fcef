using System.Security.Cryptography;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Takes tokens back: a parameter that is compared with a protected column and holds a token this caller was given becomes the stored value on its
/// way to the server. The client, the approver and the ledger only ever know the token.
/// </summary>
internal sealed class ParameterTokens(MaskKeys keys, Func<string, MaskOperator> operatorOf)
{
    /// <summary>What to do about a token that cannot be taken back.</summary>
    public const string Remedy = "Read the row again, and give the token it shows as a parameter of its own, compared with = or IN.";

    private const short Text = 0;

    /// <summary>What becomes of a Bind message's parameters.</summary>
    /// <param name="statement">The statement that is bound.</param>
    /// <param name="parameters">Formats and values, as the client sent them.</param>
    public Redemption Redeem(ServerStatement statement, ReadOnlySpan<byte> parameters)
    {
        // EXPLAIN prints what it was given, and cursors and the like are judged by another text: only queries themselves take tokens.
        if (statement.Form is not StatementForm.Analysed || statement.Analysis is not { TouchesPhi: true } analysis)
        {
            return default;
        }

        var known = statement.TokenParameters ??= Find(analysis);
        return known.Length == 0 ? default : Redeem(known, parameters);
    }

    private TokenParameter[] Find(StatementAnalysis analysis) =>
    [
        .. from inference in analysis.Inferences
           where inference is { Kind: InferenceKind.Equality, IsTransformed: false } && operatorOf(inference.Tag) is MaskOperator.Token
           from value in inference.Values
           where value.Parameter > 0
           select new TokenParameter(
               value.Parameter - 1, inference.Column, inference.Tag, value.IsArray, analysis.PlainParameters.Contains(value.Parameter)),
    ];

    private Redemption Redeem(TokenParameter[] known, ReadOnlySpan<byte> parameters)
    {
        var reader = new MessageReader(parameters);
        var formats = new short[reader.Int16()];
        for (var i = 0; i < formats.Length; i++)
        {
            formats[i] = reader.Int16();
        }

        var count = reader.Int16();
        byte[]?[]? replaced = null;
        for (var i = 0; i < count; i++)
        {
            var length = reader.Int32();
            if (length < 0)
            {
                continue;
            }

            var value = reader.Bytes(length);
            foreach (var parameter in known)
            {
                if (parameter.Index != i)
                {
                    continue;
                }

                var format = formats.Length switch { 0 => Text, 1 => formats[0], _ => i < formats.Length ? formats[i] : Text };
                var found = One(parameter, value, format != Text);
                if (found.Unknown is not null)
                {
                    Clear(replaced);
                    return new Redemption { Unknown = found.Unknown, Column = parameter.Column };
                }

                if (found.Value is { } stored)
                {
                    (replaced ??= new byte[]?[count])[i] = stored;
                    break;
                }
            }
        }

        if (replaced is null)
        {
            return default;
        }

        var rewritten = Rewrite(parameters, formats.Length, replaced);
        Clear(replaced);
        return new Redemption { Parameters = rewritten };
    }

    private (byte[]? Value, string? Unknown) One(TokenParameter parameter, ReadOnlySpan<byte> value, bool isBinary)
    {
        var vault = keys.For(((MaskOperator.Token)operatorOf(parameter.Tag)).Scope).Vault;
        if (!parameter.IsArray)
        {
            return Judge(parameter, TokenExchange.Of(vault, value, parameter.Tag, isBinary));
        }

        // An array may mix tokens and values, so each element is judged by itself.
        return ArrayParameter.TryExchange(value, isBinary, element => TokenExchange.Of(vault, element, parameter.Tag, isBinary), out var array)
            ? Judge(parameter, array)
            : default;
    }

    private static (byte[]? Value, string? Unknown) Judge(TokenParameter parameter, TokenExchange exchange) => exchange switch
    {
        { IsUnknown: true } => (null, "was not given out here, or was forgotten"),
        { Value: not null } when !parameter.IsPlain => (null, "stands in the statement more than once, or not by itself"),
        _ => (exchange.Value, null),
    };

    private static byte[] Rewrite(ReadOnlySpan<byte> parameters, int formats, byte[]?[] replaced)
    {
        var output = new MessageBuffer();
        var head = sizeof(short) + (formats * sizeof(short)) + sizeof(short);
        output.Bytes(parameters[..head]);
        var reader = new MessageReader(parameters[head..]);
        foreach (var other in replaced)
        {
            var length = reader.Int32();
            var value = length < 0 ? default : reader.Bytes(length);
            if (other is not null)
            {
                output.Int32(other.Length).Bytes(other);
            }
            else
            {
                output.Int32(length).Bytes(value);
            }
        }

        var rewritten = output.Written.ToArray();
        output.Clear();
        return rewritten;
    }

    private static void Clear(byte[]?[]? values)
    {
        foreach (var value in values ?? [])
        {
            CryptographicOperations.ZeroMemory(value ?? []);
        }
    }
}

/// <summary>What became of a Bind's parameters; the default is: nothing.</summary>
internal readonly record struct Redemption
{
    /// <summary>Formats and values for the server, where one was replaced.</summary>
    public byte[]? Parameters { get; init; }

    /// <summary>Why a token cannot be taken back, as the end of a sentence about it; null where none was refused.</summary>
    public string? Unknown { get; init; }

    /// <summary>The column such a token was compared with.</summary>
    public string? Column { get; init; }
}
