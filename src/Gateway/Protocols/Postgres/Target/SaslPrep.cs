using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>
/// The part of SASLprep (RFC 4013) that is possible without Unicode tables: spaces become U+0020, invisible characters go.
/// A password that is not ASCII must be in normalization form KC already, as keyboards produce it.
/// </summary>
internal static class SaslPrep
{
    public static string Prepare(string password)
    {
        if (Ascii.IsValid(password))
        {
            return password;
        }

        var prepared = new StringBuilder(password.Length);
        foreach (var character in password)
        {
            if (IsMappedToNothing(character))
            {
                continue;
            }

            prepared.Append(IsSpace(character) ? ' ' : character);
        }

        // PostgreSQL, too, takes a password as it is when preparing leaves nothing.
        return prepared.Length > 0 ? prepared.ToString() : password;
    }

    /// <summary>RFC 3454, table C.1.2.</summary>
    private static bool IsSpace(char character) =>
        character is '\u00a0' or '\u1680' or (>= '\u2000' and <= '\u200b') or '\u202f' or '\u205f' or '\u3000';

    /// <summary>RFC 3454, table B.1. U+200B is in both tables; PostgreSQL looks at the spaces first, as is done here.</summary>
    private static bool IsMappedToNothing(char character) =>
        character is '\u00ad' or '\u034f' or '\u1806' or (>= '\u180b' and <= '\u180d') or '\u200c' or '\u200d' or '\u2060'
            or (>= '\ufe00' and <= '\ufe0f') or '\ufeff';
}
