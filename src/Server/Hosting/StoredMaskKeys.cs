using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Masking;

namespace Sallyport.Server.Hosting;

/// <summary>Finds the keys of masks whose forms outlive a session.</summary>
internal static class StoredMaskKeys
{
    public const string FileName = "mask.keys";

    /// <summary>The keys a configuration needs: where it says, else in the data folder, where a first one is made.</summary>
    /// <param name="configuration">What needs them.</param>
    /// <param name="data">The data folder in use.</param>
    /// <returns>Null where nothing needs any.</returns>
    /// <exception cref="InvalidDataException">The file does not hold keys, or others may read it.</exception>
    public static MaskKeyRing? Find(GatewayConfiguration configuration, string data)
    {
        if (!configuration.Policy.Targets.Any(target => target.Phi.NeedsStoredKey))
        {
            return null;
        }
        return configuration.MaskKeys is { } source ? MaskKeyRing.Parse(source.Read()) : MaskKeyRing.LoadOrCreate(Path.Combine(data, FileName));
    }
}
