namespace Sallyport.Tools.Lineage;

internal static class Corpus
{
    public static Task<int> RunAsync(string connection, string directory) => Task.FromResult(2);
}
