using System.Buffers.Text;
using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Gateway.Identity;

/// <summary>Which authorities vouch for principals by client certificates, and where such a certificate names its principal.</summary>
public sealed class CertificateTrust
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string CommonName = "2.5.4.3";
    private const string SubjectAlternativeName = "2.5.29.17";
    private const int UniformResourceIdentifier = 6;

    private readonly X509Certificate2Collection _authorities;
    private readonly CertificateName _name;

    private CertificateTrust(X509Certificate2Collection authorities, CertificateName name)
    {
        _authorities = authorities;
        _name = name;
    }

    /// <param name="pem">The authorities: roots, and intermediates that sign below them.</param>
    /// <param name="name">Where the principal's name is.</param>
    /// <exception cref="CryptographicException">The text holds no certificate.</exception>
    public static CertificateTrust Parse(string pem, CertificateName name)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities.Count > 0 ? new CertificateTrust(authorities, name) : throw new CryptographicException("there is no certificate");
    }

    /// <summary>The principal a certificate stands for; null when another authority signed it, or it does not count now.</summary>
    internal AuthenticationResult? Identify(X509Certificate2 certificate, IssuerOptions issuer, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.ExtraStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (!chain.Build(certificate))
        {
            return null;
        }
        if (NamesOf(certificate) is not [{ Length: > 0 and <= PrincipalReader.MaxNameLength } name] || name.Any(char.IsControl))
        {
            return Refusal.CertificateName;
        }
        var thumbprint = Base64Url.EncodeToString(SHA256.HashData(certificate.RawDataMemory.Span));
        return new AuthenticationResult.Accepted(new Principal
        {
            Kind = issuer.IsAgentsOnly ? PrincipalKind.Agent : PrincipalKind.Human,
            Id = PrincipalReader.IdOf(issuer.Issuer, name, issuer.IsAgentsOnly ? name : ""),
            Issuer = issuer.Issuer,
            Subject = name,
            ClientId = issuer.IsAgentsOnly ? name : "",
            Name = name,
            ExpiresAt = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero),
            IssuedAt = new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero),
            TokenId = PrincipalReader.TokenIdOf(issuer.Issuer, thumbprint),
            Certificate = thumbprint,
        });
    }

    private ImmutableArray<string> NamesOf(X509Certificate2 certificate) => _name switch
    {
        CertificateName.Uri => [.. UrisOf(certificate)],
        CertificateName.Dns => [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames())],
        _ => [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            .Select(part => part.GetSingleElementValue() ?? "")],
    };

    /// <summary>RFC 5280 section 4.2.1.6; the platform gives DNS names and addresses only.</summary>
    private static List<string> UrisOf(X509Certificate2 certificate)
    {
        var found = new List<string>();
        if (certificate.Extensions[SubjectAlternativeName] is not { } extension)
        {
            return found;
        }
        try
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            var uri = new Asn1Tag(TagClass.ContextSpecific, UniformResourceIdentifier);
            while (names.HasData)
            {
                if (names.PeekTag() == uri)
                {
                    found.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uri));
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            // Not a list of names: there is no name in it then.
            found.Clear();
        }
        return found;
    }
}

/// <summary>Where a certificate names its principal: exactly one such name has to be there.</summary>
public enum CertificateName
{
    /// <summary>A URI of the subject alternative names, such as a SPIFFE ID.</summary>
    Uri,

    /// <summary>A DNS name of them.</summary>
    Dns,

    /// <summary>The common name of the subject.</summary>
    Cn,
}
