using System.Buffers.Binary;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>A C2SP signed note (c2sp.org/signed-note): text, an empty line, signature lines.</summary>
public sealed class SignedNote
{
    private const int MaxBytes = 64 << 10;
    private const int MaxSignatures = 16;
    private const int KeyIdBytes = 4;
    private const string SignaturePrefix = "— ";

    private readonly List<(string Name, byte[] Signature)> _signatures = [];

    private SignedNote(string text) => Text = text;

    /// <summary>The signed text, with its final newline.</summary>
    public string Text { get; }

    /// <exception cref="FormatException">Not a signed note.</exception>
    public static SignedNote Parse(ReadOnlySpan<byte> note)
    {
        if (note.Length is 0 or > MaxBytes)
        {
            throw new FormatException("A note has 1 byte to 64 KiB.");
        }
        var whole = Decode(note);
        var split = whole.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || whole[^1] != '\n')
        {
            throw new FormatException("A note is a text, an empty line and signature lines.");
        }
        var result = new SignedNote(whole[..(split + 1)]);
        foreach (var line in whole[(split + 2)..^1].Split('\n'))
        {
            result._signatures.Add(ParseSignature(line));
        }
        if (result._signatures.Count > MaxSignatures)
        {
            throw new FormatException($"A note has at most {MaxSignatures} signatures.");
        }
        return result;
    }

    /// <summary>Whether <paramref name="key"/> signed the text under the name <paramref name="name"/>, and no signature that claims this key is wrong.</summary>
    public bool IsSignedBy(VerificationKey key, string name)
    {
        if (key.Name is not null && !string.Equals(key.Name, name, StringComparison.Ordinal))
        {
            return false;
        }
        var id = VerificationKey.KeyId(name, key.PublicKey);
        var text = Encoding.UTF8.GetBytes(Text);
        var valid = 0;
        foreach (var (signer, signature) in _signatures)
        {
            if (!string.Equals(signer, name, StringComparison.Ordinal) || BinaryPrimitives.ReadUInt32BigEndian(signature) != id)
            {
                continue;
            }
            if (!Ed25519.Verify(key.PublicKey, text, signature.AsSpan(KeyIdBytes)))
            {
                return false;
            }
            valid++;
        }
        return valid > 0;
    }

    /// <summary>The bytes of this note if it carries exactly one signature; a checkpoint file of ours must equal them.</summary>
    internal byte[] Canonical()
    {
        var builder = new StringBuilder(Text).Append('\n');
        foreach (var (name, signature) in _signatures)
        {
            builder.Append(SignaturePrefix).Append(name).Append(' ').Append(Convert.ToBase64String(signature)).Append('\n');
        }
        return Encoding.UTF8.GetBytes(builder.ToString());
    }

    internal int SignatureCount => _signatures.Count;

    private static string Decode(ReadOnlySpan<byte> note)
    {
        string whole;
        try
        {
            whole = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(note);
        }
        catch (DecoderFallbackException error)
        {
            throw new FormatException("A note is UTF-8.", error);
        }
        foreach (var character in whole)
        {
            if (character < ' ' && character != '\n')
            {
                throw new FormatException("A note has no control characters but newlines.");
            }
        }
        return whole;
    }

    private static (string Name, byte[] Signature) ParseSignature(string line)
    {
        var parts = line.Split(' ');
        if (!line.StartsWith(SignaturePrefix, StringComparison.Ordinal) || parts.Length != 3 || parts[1].Length == 0 || parts[1].Contains('+', StringComparison.Ordinal))
        {
            throw new FormatException("A signature line reads '— NAME BASE64'.");
        }
        var signature = Convert.FromBase64String(parts[2]);
        if (signature.Length <= KeyIdBytes || !string.Equals(Convert.ToBase64String(signature), parts[2], StringComparison.Ordinal))
        {
            throw new FormatException("A signature is too short or not canonical base64.");
        }
        return (parts[1], signature);
    }
}
