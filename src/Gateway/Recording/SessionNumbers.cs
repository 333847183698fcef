namespace Sallyport.Gateway.Recording;

/// <summary>Numbers the sessions of a run from 0 without gaps.</summary>
internal sealed class SessionNumbers
{
    /// <summary>Held from reading <see cref="Started"/> to the end of the append that uses it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Sessions started in this run, which is the number of the next.</summary>
    public long Started { get; set; }
}
