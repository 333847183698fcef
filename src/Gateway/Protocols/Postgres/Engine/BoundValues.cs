using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The values of a checked Bind message by the number of their parameter, and the types the server gave them.</summary>
internal sealed class BoundValues
{
    private readonly ReadOnlyMemory<byte> _parameters;
    private readonly ReadOnlyMemory<byte> _description;
    private readonly short[] _formats;
    private readonly (int Start, int Length)[] _values;

    /// <param name="parameters">Formats and values; empty for a statement without parameters.</param>
    /// <param name="description">The body of the statement's ParameterDescription; empty when it is not known.</param>
    public BoundValues(ReadOnlyMemory<byte> parameters, ReadOnlyMemory<byte> description)
    {
        _parameters = parameters;
        _description = description;
        if (parameters.IsEmpty)
        {
            (_formats, _values) = ([], []);
            return;
        }

        var reader = new MessageReader(parameters.Span);
        _formats = new short[reader.Int16()];
        for (var i = 0; i < _formats.Length; i++)
        {
            _formats[i] = reader.Int16();
        }

        _values = new (int, int)[reader.Int16()];
        for (var i = 0; i < _values.Length; i++)
        {
            var length = reader.Int32();
            _values[i] = (reader.Position, length);
            if (length > 0)
            {
                reader.Bytes(length);
            }
        }
    }

    /// <param name="number">Of the parameter, from 1.</param>
    public bool Has(int number) => number >= 1 && number <= _values.Length;

    public bool IsNull(int number) => _values[number - 1].Length < 0;

    public ReadOnlyMemory<byte> this[int number] => _parameters.Slice(_values[number - 1].Start, Math.Max(0, _values[number - 1].Length));

    /// <summary>No format means text for all, one is for all, else each has its own.</summary>
    public bool IsBinary(int number) => _formats.Length switch
    {
        0 => false,
        1 => _formats[0] != 0,
        _ => number <= _formats.Length && _formats[number - 1] != 0,
    };

    /// <summary>Type and format of a value as one number: the same bytes in another form mean another value.</summary>
    public int FormOf(int number)
    {
        const int offset = sizeof(short);
        var types = _description.Span;
        var type = types.Length >= offset + (number * sizeof(int))
            ? System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(types[(offset + ((number - 1) * sizeof(int)))..])
            : 0;
        return unchecked((type * 2) + (IsBinary(number) ? 1 : 0));
    }
}
