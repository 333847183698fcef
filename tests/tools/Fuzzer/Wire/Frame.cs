using System.Buffers.Binary;
using System.Text;

namespace Sallyport.Tools.Fuzzer.Wire;

/// <summary>One message.</summary>
internal sealed record Frame(char Type, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public static byte[] Of(char type, byte[] body) => [(byte)type, .. Int32(body.Length + 4), .. body];

    public static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>A field of an ErrorResponse or NoticeResponse, or an empty text.</summary>
    public string Field(char code) =>
        Text.Split('\0').FirstOrDefault(field => field.Length > 0 && field[0] == code) is { } found ? found[1..] : "";

    /// <summary>The columns of a DataRow; null for SQL NULL.</summary>
    public byte[]?[] Columns()
    {
        var columns = new byte[]?[BinaryPrimitives.ReadInt16BigEndian(Body)];
        var at = 2;
        for (var i = 0; i < columns.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(Body.AsSpan(at));
            at += 4;
            if (length >= 0)
            {
                columns[i] = Body[at..(at + length)];
                at += length;
            }
        }

        return columns;
    }
}
