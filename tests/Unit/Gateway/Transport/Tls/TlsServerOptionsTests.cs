using System.Security.Cryptography;
using Sallyport.Gateway.Transport.Tls;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Transport.Tls;

public sealed class TlsServerOptionsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sallyport-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_missing_file_an_empty_one_and_a_foreign_key_are_named()
    {
        using var authority = new TestAuthority(_directory);
        var (certificate, key) = authority.Issue("a", "localhost");
        var (_, otherKey) = authority.Issue("b", "localhost");
        var empty = Path.Combine(_directory, "empty.pem");
        File.WriteAllText(empty, "");
        Assert.Contains("absent.pem", Assert.Throws<TlsFailedException>(() => TlsServerOptions.FromPem(Path.Combine(_directory, "absent.pem"), key)).Message);
        Assert.Contains("no certificate", Assert.Throws<TlsFailedException>(() => TlsServerOptions.FromPem(empty, key)).Message);
        Assert.Throws<TlsFailedException>(() => TlsServerOptions.FromPem(certificate, otherKey));
        Assert.Throws<TlsFailedException>(() => new TlsClientOptions("x", TlsVerification.Chain, empty));
        Assert.Throws<TlsFailedException>(() => new TlsClientOptions("x", TlsVerification.Chain, Path.Combine(_directory, "absent.pem")));
    }

    [Fact]
    public void The_expiry_of_the_certificate_is_told()
    {
        using var authority = new TestAuthority(_directory);
        var (certificate, key) = authority.Issue("a", TimeSpan.FromDays(3), HashAlgorithmName.SHA256, "localhost");
        var options = TlsServerOptions.FromPem(certificate, key);
        Assert.InRange(options.NotAfter, TimeProvider.System.GetUtcNow().AddDays(2.9), TimeProvider.System.GetUtcNow().AddDays(3.1));
    }
}
