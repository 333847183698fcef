using Sallyport.Cli.Connection;

namespace Sallyport.Cli.SignIn;

/// <summary>Where client secrets come from: a file, or the environment; never the command line, which other processes can read.</summary>
internal static class ClientSecrets
{
    public const string Variable = "SALLYPORT_CLIENT_SECRET";

    private const int MaxBytes = 16 * 1024;

    /// <summary>The secret, or null when there is none.</summary>
    public static string? Read(string? file, Surroundings surroundings)
    {
        if (file is null)
        {
            return surroundings.NonEmpty(Variable);
        }

        var secret = BoundedFile.ReadText(file, MaxBytes).TrimEnd('\r', '\n');
        return secret.Length > 0 ? secret : throw new CliException(ExitCode.Malformed, $"{file} is empty.", "Put the client secret in it.");
    }
}
