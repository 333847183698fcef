namespace Sallyport.Gateway.Approvals;

/// <summary>Names of approvals.</summary>
public static class ApprovalId
{
    public const string Prefix = "apr_";

    public static string Create() => ReadableId.Create(Prefix);

    /// <summary>Whether <paramref name="text"/> has the form of an approval's name.</summary>
    public static bool IsWellFormed(string text) => ReadableId.IsWellFormed(text, Prefix);
}
