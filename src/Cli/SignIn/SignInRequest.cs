namespace Sallyport.Cli.SignIn;

/// <summary>What a sign-in asks the issuer for.</summary>
internal sealed record SignInRequest
{
    public required Uri Issuer { get; init; }

    public required string ClientId { get; init; }

    /// <summary>Null signs a person in by the device flow.</summary>
    public string? ClientSecret { get; init; }

    public string? ClientSecretFile { get; init; }

    /// <summary>Signs a person in even though there is a client secret.</summary>
    public bool Device { get; init; }

    public string? Scope { get; init; }

    public string? Audience { get; init; }

    public string? Resource { get; init; }

    /// <summary>Keeps the secret out of anything that prints records.</summary>
    public override string ToString() => $"{ClientId} at {Issuer}";
}
