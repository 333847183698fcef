using System.Text;

namespace Sallyport.Gateway.Configuration;

/// <summary>Where a secret is read from, each time it is needed: so a rotated secret needs no reload, and none stays in memory.</summary>
public abstract record SecretSource
{
    /// <summary>Longest secret, in bytes.</summary>
    public const int MaxBytes = 4096;

    private SecretSource()
    {
    }

    /// <summary>Reads the secret. Throws <see cref="InvalidOperationException"/>, naming the source and never the content, when there is none.</summary>
    public abstract string Read();

    /// <summary>A file that holds the secret; one line end at its end does not belong to it.</summary>
    public sealed record FromFile(string Path) : SecretSource
    {
        public override string Read()
        {
            var buffer = new byte[MaxBytes + 1];
            int length;
            try
            {
                using var file = File.OpenRead(Path);
                length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                throw new InvalidOperationException($"secret file {Path} cannot be read ({problem.GetType().Name})", problem);
            }
            if (length > MaxBytes)
            {
                throw new InvalidOperationException($"secret file {Path} is longer than {MaxBytes} bytes");
            }
            var secret = Encoding.UTF8.GetString(buffer, 0, length);
            Array.Clear(buffer);
            secret = secret.EndsWith("\r\n", StringComparison.Ordinal) ? secret[..^2] : secret.EndsWith('\n') ? secret[..^1] : secret;
            return secret.Length > 0 ? secret : throw new InvalidOperationException($"secret file {Path} is empty");
        }
    }

    /// <summary>An environment variable that holds the secret.</summary>
    public sealed record FromEnvironment(string Variable) : SecretSource
    {
        public override string Read() =>
            Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } secret
                ? secret
                : throw new InvalidOperationException($"environment variable {Variable} is not set");
    }
}
