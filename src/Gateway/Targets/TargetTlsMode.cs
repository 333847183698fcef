namespace Sallyport.Gateway.Targets;

/// <summary>How a connection to a target is protected; the names are those of libpq's sslmode.</summary>
public enum TargetTlsMode
{
    /// <summary>Plain text. Only for a target on the same host or a trusted network.</summary>
    Disable,

    /// <summary>Encrypted, but any certificate is accepted.</summary>
    Require,

    /// <summary>The certificate must chain to the CA.</summary>
    VerifyCa,

    /// <summary>The certificate must chain to the CA and name the host.</summary>
    VerifyFull,
}
