using System.Runtime.InteropServices;

namespace Sallyport.Evidence.Verification;

/// <summary>The EVP calls of OpenSSL 3 that Ed25519 needs; the BCL does not offer Ed25519.</summary>
internal static partial class Libcrypto
{
    public const int Ed25519 = 1087;

    private const string Library = "libcrypto.so.3";

    /// <summary>Whether OpenSSL 3 with Ed25519 is there.</summary>
    public static bool IsAvailable { get; } = Probe();

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    public static partial nint NewPrivateKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    public static partial nint NewPublicKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    public static partial int GetPublicKey(nint key, Span<byte> destination, ref nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    public static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    public static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSignInit")]
    public static partial int SignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestSign")]
    public static partial int Sign(nint context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerifyInit")]
    public static partial int VerifyInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [LibraryImport(Library, EntryPoint = "EVP_DigestVerify")]
    public static partial int Verify(nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    private static bool Probe()
    {
        if (!NativeLibrary.TryLoad(Library, typeof(Libcrypto).Assembly, searchPath: null, out _))
        {
            return false;
        }
        Span<byte> any = stackalloc byte[32];
        any.Fill(1);
        var key = NewPrivateKey(Ed25519, 0, any, 32);
        FreeKey(key);
        return key != 0;
    }
}
