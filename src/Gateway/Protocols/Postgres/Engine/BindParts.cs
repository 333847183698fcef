using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Where the parts of a Bind message lie in its body.</summary>
internal readonly struct BindParts
{
    private const int MaxFormats = FieldType.MaxFields;

    public required Range Portal { get; init; }

    public required Range Statement { get; init; }

    /// <summary>Offset of everything behind the two names.</summary>
    public required int AfterNames { get; init; }

    /// <summary>Parameter formats and values.</summary>
    public required Range Parameters { get; init; }

    /// <summary>Offset of the result formats.</summary>
    public int ResultsAt => Parameters.End.Value;

    private int FormatsAt { get; init; }

    private int FormatCount { get; init; }

    /// <exception cref="PostgresProtocolException">The message is malformed.</exception>
    public static BindParts Read(ReadOnlySpan<byte> body)
    {
        var reader = new MessageReader(body);
        var portal = reader.CString().Length;
        var statementAt = reader.Position;
        var statement = reader.CString().Length;
        var afterNames = reader.Position;
        var formats = reader.Int16();
        reader.Bytes(formats * 2);
        var values = reader.Int16();
        for (var i = 0; i < values; i++)
        {
            var length = reader.Int32();
            if (length != -1)
            {
                reader.Bytes(length);
            }
        }

        var parametersEnd = reader.Position;
        var results = reader.Int16();
        if (results is < 0 or > MaxFormats || reader.Rest.Length != results * 2)
        {
            throw new PostgresProtocolException("a bind message has another length than its result formats");
        }

        return new BindParts
        {
            Portal = ..portal,
            Statement = statementAt..(statementAt + statement),
            AfterNames = afterNames,
            Parameters = afterNames..parametersEnd,
            FormatsAt = reader.Position,
            FormatCount = results,
        };
    }

    /// <summary>Bytes of the parameter part.</summary>
    public int Length(ReadOnlySpan<byte> body) => body[Parameters].Length;

    /// <summary>None, one for all, or one each.</summary>
    public bool FormatsFit(int columns) => FormatCount <= 1 || FormatCount == columns;

    public short[] ResultFormats(ReadOnlySpan<byte> body)
    {
        if (FormatCount == 0)
        {
            return [];
        }

        var reader = new MessageReader(body[FormatsAt..]);
        var formats = new short[FormatCount];
        for (var i = 0; i < formats.Length; i++)
        {
            formats[i] = reader.Int16();
            if (formats[i] is not (0 or 1))
            {
                throw new PostgresProtocolException("a bind message has an unknown result format");
            }
        }

        return formats;
    }
}
