using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Server.Notifications;

/// <summary>Server certificates by the authorities of a file instead of the system's.</summary>
internal static class TrustedAuthorities
{
    /// <exception cref="NotificationFailedException">The file holds no certificate.</exception>
    public static X509ChainPolicy Of(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new NotificationFailedException("no-authority", isFinal: false, problem);
        }
        return policy.CustomTrustStore.Count > 0 ? policy : throw new NotificationFailedException("no-authority", isFinal: false);
    }
}
