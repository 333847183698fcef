namespace Sallyport.Evidence.Verification;

/// <summary>Signature type identifiers of c2sp.org/signed-note that are understood here.</summary>
public enum SignatureType : byte
{
    /// <summary>Ed25519 over the note's text.</summary>
    Ed25519 = 0x01,

    /// <summary>ECDSA with SHA-256 over the note's text, in DER, with a NIST P-256 key.</summary>
    EcdsaP256 = 0x02,

    /// <summary>A witness's timestamped Ed25519 cosignature (c2sp.org/tlog-cosignature).</summary>
    CosignatureEd25519 = 0x04,

    /// <summary>A witness's timestamped ML-DSA-44 cosignature; verified where the platform has ML-DSA.</summary>
    CosignatureMlDsa44 = 0x06,
}
