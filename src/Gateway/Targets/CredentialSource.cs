using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Gateway.Targets;

/// <summary>Where the password of a target's login comes from. The value is never logged and never part of a message.</summary>
public abstract class CredentialSource
{
    /// <summary>Longest password that is read.</summary>
    public const int MaxPasswordBytes = 4_096;

    /// <summary>The password as it is now; called for every new connection, so a rotated file is seen at once.</summary>
    /// <exception cref="TargetUnavailableException">The source cannot be read or holds nothing usable.</exception>
    public abstract ValueTask<string> ReadPasswordAsync(CancellationToken cancellationToken);

    /// <summary>Reads a file; one line break at its end does not count.</summary>
    public static CredentialSource FromFile(string path) => new FileCredential(path);

    /// <summary>Reads an environment variable of the gateway's process.</summary>
    public static CredentialSource FromEnvironment(string variable) => new EnvironmentCredential(variable);

    /// <summary>A value known already, for tests and for credentials minted by the gateway.</summary>
    public static CredentialSource FromValue(string password) => new FixedCredential(password);

    private sealed class FileCredential(string path) : CredentialSource
    {
        public override async ValueTask<string> ReadPasswordAsync(CancellationToken cancellationToken)
        {
            byte[] bytes;
            int length;
            try
            {
                await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, useAsync: true);
                bytes = new byte[MaxPasswordBytes + 1];
                length = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw Unusable("The password file of the target cannot be read.", exception);
            }

            if (length > MaxPasswordBytes)
            {
                throw Unusable("The password file of the target is too long.");
            }

            var text = Encoding.UTF8.GetString(bytes, 0, length);
            CryptographicOperations.ZeroMemory(bytes);
            text = text.EndsWith('\n') ? text[..^1] : text;
            text = text.EndsWith('\r') ? text[..^1] : text;
            return text.Length > 0 ? text : throw Unusable("The password file of the target is empty.");
        }
    }

    private sealed class EnvironmentCredential(string variable) : CredentialSource
    {
        public override ValueTask<string> ReadPasswordAsync(CancellationToken cancellationToken) =>
            Environment.GetEnvironmentVariable(variable) is { Length: > 0 and <= MaxPasswordBytes } value
                ? ValueTask.FromResult(value)
                : throw Unusable($"The environment variable {variable} holds no usable password.");
    }

    private sealed class FixedCredential(string password) : CredentialSource
    {
        public override ValueTask<string> ReadPasswordAsync(CancellationToken cancellationToken) => ValueTask.FromResult(password);
    }

    private static TargetUnavailableException Unusable(string message, Exception? cause = null) =>
        new(TargetFailure.Authentication, message, cause: cause);
}
