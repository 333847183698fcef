using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sallyport.Cli.Connection;

/// <summary>Defaults a user keeps in <c>$XDG_CONFIG_HOME/sallyport/config.json</c>, by profile. Holds no secret.</summary>
internal sealed record Settings
{
    private const int MaxFileBytes = 64 * 1024;

    public IReadOnlyDictionary<string, ProfileSettings> Profiles { get => field ?? new Dictionary<string, ProfileSettings>(); init; }

    /// <summary>A profile's defaults; an unknown name or a missing file has none.</summary>
    public static ProfileSettings Of(string profile, Surroundings surroundings)
    {
        var file = Path.Combine(surroundings.XdgDirectory("XDG_CONFIG_HOME", ".config"), "config.json");
        if (!File.Exists(file))
        {
            return new ProfileSettings();
        }

        try
        {
            var settings = JsonSerializer.Deserialize(BoundedFile.ReadBytes(file, MaxFileBytes), SettingsJson.Default.Settings);
            return settings?.Profiles.GetValueOrDefault(profile) ?? new ProfileSettings();
        }
        catch (JsonException exception)
        {
            throw new CliException(ExitCode.Malformed, $"{file} is not a valid configuration: {exception.Message}", "Correct or remove it.", exception);
        }
    }
}

/// <summary>One profile's defaults; each is what the option of the same name would say.</summary>
internal sealed record ProfileSettings
{
    public string? Gateway { get; init; }

    public string? Ca { get; init; }

    public string? Issuer { get; init; }

    public string? ClientId { get; init; }

    public string? ClientSecretFile { get; init; }

    public string? Scope { get; init; }

    public string? Audience { get; init; }

    public string? Resource { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(Settings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
