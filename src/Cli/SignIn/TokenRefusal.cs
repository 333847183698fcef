namespace Sallyport.Cli.SignIn;

/// <summary>Puts an issuer's error code (RFC 6749 section 5.2, RFC 8628 section 3.5) into a sentence and a remedy.</summary>
internal static class TokenRefusal
{
    private const int MaxDescriptionCharacters = 300;

    public static CliException Of(string? error, string? description)
    {
        var (message, remedy) = error switch
        {
            "access_denied" => ("The sign-in was refused", "Run `sallyport login` again, or ask who may grant it."),
            "expired_token" => ("Nobody entered the code in time", "Run `sallyport login` again."),
            "invalid_client" => ("The issuer does not accept this client id or secret", "Check --client-id and the client secret."),
            "invalid_grant" => ("The sign-in has ended", "Run `sallyport login` again."),
            "invalid_scope" => ("The issuer does not know or allow this scope", "Check --scope."),
            "invalid_target" => ("The issuer does not know this resource", "Check --resource and --audience."),
            "unauthorized_client" => ("The client may not sign in this way", "Ask the issuer's operator to allow this grant type."),
            null or "" => ("The issuer's answer cannot be used", "Ask its operator."),
            _ => ("The issuer refused", "Ask its operator."),
        };
        var detail = string.Join(": ", new[] { error, Shortened(description) }.Where(part => !string.IsNullOrEmpty(part)));
        return new CliException(ExitCode.Refused, detail.Length > 0 ? $"{message} ({detail})." : $"{message}.", remedy);
    }

    private static string? Shortened(string? text) => text?.Length > MaxDescriptionCharacters ? text[..MaxDescriptionCharacters] : text;
}
