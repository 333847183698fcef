namespace Sallyport.Evidence.Verification;

/// <summary>Verifies Ed25519 signatures (RFC 8032): with OpenSSL where it is there, in managed code elsewhere.</summary>
public static class Ed25519
{
    public const int PublicKeyBytes = 32;
    public const int SignatureBytes = 64;

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeyBytes || signature.Length != SignatureBytes)
        {
            return false;
        }
        return Libcrypto.IsAvailable
            ? VerifyNatively(publicKey, message, signature)
            : ManagedEd25519.Verify(publicKey, message, signature);
    }

    internal static bool VerifyNatively(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var key = Libcrypto.NewPublicKey(Libcrypto.Ed25519, 0, publicKey, PublicKeyBytes);
        if (key == 0)
        {
            return false;
        }
        var context = Libcrypto.NewContext();
        var valid = context != 0
            && Libcrypto.VerifyInit(context, 0, 0, 0, key) == 1
            && Libcrypto.Verify(context, signature, SignatureBytes, message, (nuint)message.Length) == 1;
        Libcrypto.FreeContext(context);
        Libcrypto.FreeKey(key);
        return valid;
    }
}
