using Sallyport.Cli.Connection;

namespace Sallyport.Unit.Cli.Connection;

public sealed class SecureUriTests
{
    [Theory]
    [InlineData("https://gateway.clinic.example")]
    [InlineData("https://10.0.0.1:8443/")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://localhost:8080")]
    [InlineData("http://[::1]:8080")]
    public void Tokens_go_over_tls_or_stay_on_the_machine(string address) => Assert.True(SecureUri.TryParse(address, out _));

    [Theory]
    [InlineData("http://gateway.clinic.example")]
    [InlineData("http://10.0.0.1")]
    [InlineData("http://localhost.evil.example")]
    [InlineData("https://user:secret@gateway.clinic.example")]
    [InlineData("ftp://localhost")]
    [InlineData("gateway.clinic.example")]
    [InlineData("https://x/#y")]
    [InlineData("")]
    [InlineData(null)]
    public void Everything_else_is_refused(string? address) => Assert.False(SecureUri.TryParse(address, out _));
}
