using System.Text.Json;
using Sallyport.Cli.Connection;

namespace Sallyport.Cli.SignIn;

/// <summary>Keeps sign-ins in <c>$XDG_STATE_HOME/sallyport/tokens</c>, one file each, readable by their owner only.</summary>
internal sealed class TokenStore(Surroundings surroundings)
{
    private const int MaxFileBytes = 256 * 1024;
    private const int MaxProfileCharacters = 64;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(50);

    private readonly string _directory = Path.Combine(surroundings.XdgDirectory("XDG_STATE_HOME", ".local", "state"), "tokens");

    /// <summary>A profile's name, refused when it could leave the directory.</summary>
    public static string Checked(string profile) =>
        profile.Length is > 0 and <= MaxProfileCharacters && profile[0] != '.' && profile.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? profile
            : throw new CliException(ExitCode.Usage, "That is not a profile name.", "Use letters, digits, '.', '_' and '-'.");

    /// <summary>The sign-in, or null when there is none.</summary>
    public StoredToken? Read(string profile)
    {
        var path = PathOf(profile);
        if (!File.Exists(path))
        {
            return null;
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new CliException(ExitCode.Refused, $"{path} can be opened by others, so the token in it is not safe.", $"Sign in again after `rm {path}`.");
        }

        try
        {
            return JsonSerializer.Deserialize(BoundedFile.ReadBytes(path, MaxFileBytes), StoredTokenJson.Default.StoredToken) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            // The reason is left out: it may quote the file.
            throw new CliException(ExitCode.Malformed, $"{path} is not a stored sign-in.", $"Sign in again after `rm {path}`.");
        }
    }

    /// <summary>Replaces the sign-in as a whole: a reader sees the old one or the new one.</summary>
    public void Write(string profile, StoredToken token)
    {
        CreateDirectory();
        using var file = AtomicFile.Create(PathOf(profile), OwnerOnly);
        JsonSerializer.Serialize(file.Stream, token, StoredTokenJson.Default.StoredToken);
        file.Commit();
    }

    /// <summary>Forgets the sign-in.</summary>
    public void Remove(string profile)
    {
        File.Delete(PathOf(profile));
        File.Delete(PathOf(profile) + ".lock");
    }

    /// <summary>Keeps other processes from renewing the same sign-in; a refresh token that rotates may be used once only.</summary>
    public async Task<IDisposable> LockAsync(string profile, CancellationToken cancellationToken)
    {
        CreateDirectory();
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        var started = surroundings.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(PathOf(profile) + ".lock", options);
            }
            catch (IOException exception)
            {
                if (surroundings.Time.GetElapsedTime(started) > LockPatience)
                {
                    throw new CliException(ExitCode.Failed, "Another process has been renewing this sign-in for too long.", "Try again.", exception);
                }
            }

            await Task.Delay(LockPoll, surroundings.Time, cancellationToken);
        }
    }

    public string PathOf(string profile) => Path.Combine(_directory, Checked(profile) + ".json");

    private void CreateDirectory()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_directory);
        }
        else
        {
            Directory.CreateDirectory(_directory, OwnerDirectory);
        }
    }
}
