using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Tokens;

/// <summary>Finds out whom an exchange is about: subject token, actor token or a declared name, in the combinations that mean something.</summary>
internal static class PartiesReader
{
    private const int MaxActorName = 100;

    /// <summary>The parties, or why there are none. A human alone, and the renewal of a run, are not its business.</summary>
    public static (Parties? Parties, ExchangeResult.Refused? Refusal) Read(Principal subject, Principal? actor, string declared)
    {
        if (subject.Kind == PrincipalKind.Human)
        {
            return declared.Length > 0 ? Declared(subject, declared) : Acting(subject, actor!);
        }
        if (declared.Length > 0 || (actor is not null && !IsSameAgent(subject, actor)))
        {
            return (null, subject.OnBehalfOf.Length > 0 ? ExchangeRefusals.AlreadyDelegated : ExchangeRefusals.AgentAsSubject);
        }
        // Either the issuer says itself for whom the agent acts, or it acts for nobody.
        return (new Parties
        {
            HumanIssuer = subject.OnBehalfOf.Length > 0 ? subject.Issuer : "",
            Human = subject.OnBehalfOf,
            HumanGroups = subject.OnBehalfOf.Length > 0 ? [.. subject.Groups] : [],
            AgentIssuer = subject.Issuer,
            Agent = subject.Name,
            AgentGroups = [.. subject.Groups],
        }, null);
    }

    /// <summary>Whether an actor token is of the agent that a token is about already.</summary>
    public static bool IsSameAgent(Principal subject, Principal actor) =>
        actor.Kind == PrincipalKind.Agent
        && !actor.IsGatewayToken
        && actor.Name == subject.Name
        && actor.Issuer == (subject.AgentIssuer.Length > 0 ? subject.AgentIssuer : subject.Issuer);

    private static (Parties? Parties, ExchangeResult.Refused? Refusal) Acting(Principal human, Principal actor)
    {
        if (actor.Kind != PrincipalKind.Agent || actor.IsGatewayToken)
        {
            return (null, ExchangeRefusals.ActorNotAgent);
        }
        return actor.Name == human.Subject
            ? (null, ExchangeRefusals.ActorName)
            : (Of(human) with { AgentIssuer = actor.Issuer, Agent = actor.Name, AgentGroups = [.. actor.Groups] }, null);
    }

    private static (Parties? Parties, ExchangeResult.Refused? Refusal) Declared(Principal human, string name)
    {
        var isName = name.Length <= MaxActorName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '/' or '-') && name != human.Subject;
        return isName
            ? (Of(human) with { AgentIssuer = human.Issuer, Agent = name, IsDeclared = true }, null)
            : (null, ExchangeRefusals.ActorName);
    }

    private static Parties Of(Principal human) => new()
    {
        HumanIssuer = human.Issuer,
        Human = human.Subject,
        HumanGroups = [.. human.Groups],
        AgentIssuer = "",
        Agent = "",
    };
}
