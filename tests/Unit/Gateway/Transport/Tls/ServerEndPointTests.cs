using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sallyport.Gateway.Transport.Tls;

namespace Sallyport.Unit.Gateway.Transport.Tls;

public sealed class ServerEndPointTests
{
    public static TheoryData<string, int> Rsa => new() { { "SHA256", 32 }, { "SHA384", 48 }, { "SHA512", 64 } };

    [Theory]
    [MemberData(nameof(Rsa))]
    public void The_binding_of_an_RSA_certificate_uses_the_hash_of_its_signature(string hash, int bytes)
    {
        using var key = RSA.Create(2048);
        foreach (var padding in new[] { RSASignaturePadding.Pkcs1, RSASignaturePadding.Pss })
        {
            var request = new CertificateRequest("CN=x", key, new HashAlgorithmName(hash), padding);
            using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
            var binding = ServerEndPoint.Binding(certificate);
            Assert.Equal(bytes, binding!.Length);
            Assert.Equal(certificate.GetCertHash(new HashAlgorithmName(hash)), binding);
        }
    }

    [Theory]
    [InlineData("SHA256", 32)]
    [InlineData("SHA384", 48)]
    [InlineData("SHA512", 64)]
    public void The_binding_of_an_elliptic_curve_certificate_uses_its_hash(string hash, int bytes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=x", key, new HashAlgorithmName(hash)).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        Assert.Equal(bytes, ServerEndPoint.Binding(certificate)!.Length);
    }
}
