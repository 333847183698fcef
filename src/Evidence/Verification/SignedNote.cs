using System.Buffers.Binary;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>One signature line of a note.</summary>
/// <param name="Name">Name of the key.</param>
/// <param name="KeyId">The number that tells keys of one name apart.</param>
/// <param name="Signature">The signature after the key id.</param>
public sealed record NoteSignature(string Name, uint KeyId, byte[] Signature)
{
    internal const string Prefix = "— ";

    /// <summary>The line as it stands in a note, with its newline.</summary>
    public string Format()
    {
        var blob = new byte[sizeof(uint) + Signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(blob, KeyId);
        Signature.CopyTo(blob, sizeof(uint));
        return $"{Prefix}{Name} {Convert.ToBase64String(blob)}\n";
    }

    /// <summary>Parses a line without its newline.</summary>
    /// <exception cref="FormatException">Not a signature line.</exception>
    public static NoteSignature Parse(string line)
    {
        var parts = line.Split(' ');
        if (!line.StartsWith(Prefix, StringComparison.Ordinal) || parts.Length != 3 || parts[1].Length == 0 || parts[1].Contains('+', StringComparison.Ordinal) || parts[1].Any(char.IsWhiteSpace))
        {
            throw new FormatException("A signature line reads '— NAME BASE64'.");
        }
        var blob = Convert.FromBase64String(parts[2]);
        if (blob.Length <= sizeof(uint) || !string.Equals(Convert.ToBase64String(blob), parts[2], StringComparison.Ordinal))
        {
            throw new FormatException("A signature is too short or not canonical base64.");
        }
        return new NoteSignature(parts[1], BinaryPrimitives.ReadUInt32BigEndian(blob), blob[sizeof(uint)..]);
    }
}

/// <summary>What a note says about one key.</summary>
public enum SignatureState
{
    /// <summary>There is no signature of this name and key id.</summary>
    Absent,

    Valid,

    /// <summary>A signature claims this key and is wrong, so the note is not to be trusted.</summary>
    Wrong,
}

/// <summary>A C2SP signed note (c2sp.org/signed-note): text, an empty line, signature lines.</summary>
public sealed class SignedNote
{
    private const int MaxBytes = 64 << 10;
    private const int MaxSignatures = 16;

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>The signed text, with its final newline.</summary>
    public string Text { get; }

    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <exception cref="FormatException">Not a signed note.</exception>
    public static SignedNote Parse(ReadOnlySpan<byte> note)
    {
        if (note.Length is 0 or > MaxBytes)
        {
            throw new FormatException("A note has 1 byte to 64 KiB.");
        }
        var whole = Decode(note);
        var split = whole.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || split + 2 >= whole.Length || whole[^1] != '\n')
        {
            throw new FormatException("A note is a text, an empty line and signature lines.");
        }
        var lines = whole[(split + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
        {
            throw new FormatException($"A note has at most {MaxSignatures} signatures.");
        }
        return new SignedNote(whole[..(split + 1)], [.. lines.Select(NoteSignature.Parse)]);
    }

    /// <summary>Whether <paramref name="key"/> signed the text under the name <paramref name="name"/>, and no signature that claims this key is wrong.</summary>
    public bool IsSignedBy(VerificationKey key, string name) => StateOf(key, name) == SignatureState.Valid;

    /// <summary>As <see cref="IsSignedBy"/>, telling a wrong signature from none.</summary>
    public SignatureState StateOf(VerificationKey key, string name)
    {
        var claims = ClaimsOf(key, name).ToList();
        if (claims.Count == 0)
        {
            return SignatureState.Absent;
        }
        return claims.TrueForAll(claim => key.Verifies(name, Text, claim.Signature)) ? SignatureState.Valid : SignatureState.Wrong;
    }

    /// <summary>The signature lines that bear a key's name and id.</summary>
    internal IEnumerable<NoteSignature> ClaimsOf(VerificationKey key, string name)
    {
        if (key.Name is not null && !string.Equals(key.Name, name, StringComparison.Ordinal))
        {
            return [];
        }
        var id = VerificationKey.KeyId(name, key.Type, key.PublicKey);
        return Signatures.Where(signature => signature.KeyId == id && string.Equals(signature.Name, name, StringComparison.Ordinal));
    }

    /// <summary>The one form in which this note is written.</summary>
    internal byte[] Canonical() => Encoding.UTF8.GetBytes($"{Text}\n{string.Concat(Signatures.Select(signature => signature.Format()))}");

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
}
