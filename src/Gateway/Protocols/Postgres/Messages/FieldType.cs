namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>What is kept of a RowDescription: the type facts a mask needs.</summary>
/// <param name="TypeOid">Type OID of the column.</param>
/// <param name="TypeModifier">Type modifier (length limits), or -1.</param>
internal readonly record struct FieldType(uint TypeOid, int TypeModifier)
{
    public const int MaxFields = 1664; // MaxTupleAttributeNumber

    /// <summary>Reads the body of a RowDescription ('T').</summary>
    public static FieldType[] ReadAll(ReadOnlySpan<byte> body)
    {
        var reader = new MessageReader(body);
        var count = reader.Int16();
        if (count is < 0 or > MaxFields)
        {
            throw new PostgresProtocolException("a row description has an impossible number of fields");
        }

        var fields = new FieldType[count];
        for (var i = 0; i < count; i++)
        {
            reader.CString();
            reader.Int32(); // table OID
            reader.Int16(); // attribute number
            var type = unchecked((uint)reader.Int32());
            reader.Int16(); // type size
            var modifier = reader.Int32();
            reader.Int16(); // format, zero in a statement's description
            fields[i] = new FieldType(type, modifier);
        }

        return fields;
    }

    /// <summary>The names of the fields of a RowDescription message, whole or empty.</summary>
    public static IReadOnlyList<string> NamesOf(ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty)
        {
            return [];
        }

        var reader = new MessageReader(message[5..]);
        var names = new string[reader.Int16()];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = System.Text.Encoding.UTF8.GetString(reader.CString());
            reader.Bytes(18); // table OID, attribute number, type OID, type size, modifier, format
        }

        return names;
    }

    /// <summary>A RowDescription message, whole, that announces every field in binary format.</summary>
    public static byte[] InBinary(ReadOnlySpan<byte> message)
    {
        var binary = message.ToArray();
        if (binary.Length == 0)
        {
            return binary;
        }

        var reader = new MessageReader(message[5..]);
        for (var left = reader.Int16(); left > 0; left--)
        {
            reader.CString();
            reader.Bytes(16); // table OID, attribute number, type OID, type size, modifier
            reader.Int16();
            binary[5 + reader.Position - 1] = 1;
        }

        return binary;
    }
}
