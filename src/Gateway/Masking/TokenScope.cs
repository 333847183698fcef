namespace Sallyport.Gateway.Masking;

/// <summary>Where equal values share a token.</summary>
public enum TokenScope
{
    /// <summary>In one session.</summary>
    Session,

    /// <summary>In all sessions of one run at one target; a session without a run is one of its own.</summary>
    Run,

    /// <summary>In all sessions at one target, until its key is rotated.</summary>
    Target,
}
