namespace Sallyport.Server.Access;

/// <summary>An endpoint whose callers are told where to find out who gives tokens for it.</summary>
/// <param name="Parameter">The parameter of WWW-Authenticate that says so.</param>
internal sealed record ResourceChallenge(Func<HttpContext, string> Parameter);
