using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Tokens;

/// <summary>
/// Exchanges what a machine or a person has for one short-lived token of the gateway (RFC 8693): <c>sub</c> the human, <c>act</c> the agent.
/// Whatever is issued or refused is recorded before it is answered. Thread-safe.
/// </summary>
/// <param name="issuer">The gateway's name as an issuer: its public address without a slash at the end.</param>
/// <param name="authenticator">Checks the tokens that come in.</param>
/// <param name="keys">Sign what goes out.</param>
/// <param name="store">Runs and used tokens.</param>
/// <param name="recorder">The ledger.</param>
/// <param name="options">The configuration in force; null where it issues no tokens.</param>
/// <param name="time">The clock.</param>
public sealed class TokenExchanger(
    string issuer,
    Authenticator authenticator,
    TokenKeyRing keys,
    ITokenStore store,
    Recorder recorder,
    Func<TokenOptions?> options,
    TimeProvider time)
{
    /// <summary>What is left of a run when it counts as over: a shorter token would end before it is used.</summary>
    private static readonly TimeSpan LeastLifetime = TimeSpan.FromSeconds(1);

    /// <summary>The gateway's name as an issuer, and the audience of its tokens.</summary>
    public string Issuer => issuer;

    /// <summary>Whether the configuration in force has tokens issued.</summary>
    public bool IsOpen => options() is not null;

    public TokenKeyRing Keys => keys;

    public async Task<ExchangeResult> ExchangeAsync(ExchangeRequest request, CancellationToken cancellationToken)
    {
        var attempt = new Attempt();
        var result = await TryAsync(request, attempt, cancellationToken);
        if (result is ExchangeResult.Refused refused)
        {
            await RefusedAsync(refused, request.ClientAddress, attempt.Subject, attempt.Actor);
        }
        return result;
    }

    /// <summary>Records a request that was refused before it could be read as one for an exchange.</summary>
    public ValueTask RefusedAsync(ExchangeResult.Refused refused, string clientAddress, Principal? subject = null, Principal? actor = null) =>
        recorder.TokenRefusedAsync(new TokenRefusalFacts
        {
            Reason = refused.Reason,
            ClientAddress = clientAddress,
            SubjectId = subject?.Id ?? "",
            SubjectToken = subject?.TokenId ?? "",
            ActorId = actor?.Id ?? "",
            ActorToken = actor?.TokenId ?? "",
        });

    private async Task<ExchangeResult> TryAsync(ExchangeRequest request, Attempt attempt, CancellationToken cancellationToken)
    {
        if (options() is not { } rules)
        {
            return ExchangeRefusals.NotIssued;
        }
        if (CheckForm(request, rules) is { } malformed)
        {
            return malformed;
        }
        // 1. Whose tokens are these?
        var (subject, badSubject) = await AuthenticateAsync(request.SubjectToken, "subject_token", request, cancellationToken);
        if (subject is null)
        {
            return badSubject!;
        }
        attempt.Subject = subject;
        if (request.ActorToken.Length > 0)
        {
            var (actor, badActor) = await AuthenticateAsync(request.ActorToken, "actor_token", request, cancellationToken);
            if (actor is null)
            {
                return badActor!;
            }
            attempt.Actor = actor;
        }
        // 2. What do they ask for together?
        if (subject is { Kind: PrincipalKind.Human } && attempt.Actor is null && request.DeclaredActor.Length == 0)
        {
            return subject.IsGatewayToken ? ExchangeRefusals.NotRenewable : await IssueToHumanAsync(subject, request, rules, cancellationToken);
        }
        if (subject is { Kind: PrincipalKind.Agent, IsGatewayToken: true })
        {
            return await RenewAsync(subject, attempt.Actor, request, rules, cancellationToken);
        }
        var (parties, refusal) = PartiesReader.Read(subject, attempt.Actor, request.DeclaredActor);
        return parties is null ? refusal! : await BeginAsync(parties, attempt, request, rules, cancellationToken);
    }

    private ExchangeResult.Refused? CheckForm(ExchangeRequest request, TokenOptions rules)
    {
        if (request.SubjectToken.Length == 0)
        {
            return ExchangeRefusals.NoSubject;
        }
        if (!IsKnownType(request.SubjectTokenType)
            || (request.ActorToken.Length > 0 && !IsKnownType(request.ActorTokenType))
            || (request.RequestedTokenType.Length > 0 && !IsKnownType(request.RequestedTokenType)))
        {
            return ExchangeRefusals.TokenType;
        }
        if (request.Audiences.Any(audience => audience.TrimEnd('/') != issuer))
        {
            return ExchangeRefusals.Target(issuer);
        }
        return request.Lifetime > rules.LongestLifetime ? ExchangeRefusals.TooLong(rules.LongestLifetime) : null;
    }

    private static bool IsKnownType(string type) => type is ExchangeRequest.AccessTokenType or ExchangeRequest.JwtType;

    private async Task<(Principal? Principal, ExchangeResult.Refused? Refusal)> AuthenticateAsync(
        string token, string which, ExchangeRequest request, CancellationToken cancellationToken) =>
        await authenticator.AuthenticateAsync(token, TokenUse.Exchange, request.Certificate, cancellationToken) switch
        {
            AuthenticationResult.Accepted accepted => (accepted.Principal, null),
            AuthenticationResult.Refused refused => (null, ExchangeRefusals.BadToken(which, KebabCase.Of(refused.Failure), refused)),
            _ => throw new InvalidOperationException("unknown authentication result"),
        };

    /// <summary>A person's own token: the same person, the same groups, no run.</summary>
    private async Task<ExchangeResult> IssueToHumanAsync(Principal human, ExchangeRequest request, TokenOptions rules, CancellationToken cancellationToken)
    {
        if (await UseAsync(run: null, [human], cancellationToken) is { } refused)
        {
            return refused;
        }
        var now = time.GetUtcNow();
        var ends = now + (request.Lifetime ?? rules.Lifetime);
        var token = new GatewayToken
        {
            Issuer = issuer,
            Subject = human.Subject,
            SubjectIssuer = human.Issuer,
            ClientId = human.ClientId,
            Groups = [.. human.Groups],
            Certificate = request.Certificate,
            IssuedAt = now,
            ExpiresAt = rules.IsWithinSubject && human.ExpiresAt < ends ? human.ExpiresAt : ends,
        };
        return await IssueAsync(token, human.Id, human.Id, rule: "", request, new Attempt { Subject = human }, isRenewal: false);
    }

    /// <summary>The first token of a run, or the first of an agent that goes on with a run of its own.</summary>
    private async Task<ExchangeResult> BeginAsync(
        Parties parties, Attempt attempt, ExchangeRequest request, TokenOptions rules, CancellationToken cancellationToken)
    {
        if (rules.Delegations.FirstOrDefault(delegation => delegation.Permits(parties)) is not { } delegation)
        {
            return ExchangeRefusals.NoDelegation;
        }
        var now = time.GetUtcNow();
        var shown = attempt.Actor is null ? [attempt.Subject!] : new[] { attempt.Subject!, attempt.Actor };
        // A pipeline's token names its run itself.
        var named = request.RunId.Length > 0 ? request.RunId : shown[^1].RunId;
        var run = named.Length > 0 ? await store.FindRunAsync(named, cancellationToken) : null;
        if (run is not null && run.OwnerId != parties.PrincipalId || run is null && request.RunId.Length > 0)
        {
            return ExchangeRefusals.UnknownRun;
        }
        var isNew = run is null;
        run ??= new TokenRun
        {
            Id = named.Length > 0 ? named : TokenRun.NewId(),
            OwnerId = parties.PrincipalId,
            Parties = parties,
            StartedAt = now,
            EndsAt = EndOf(now, attempt.Subject!, rules),
        };
        if (IsOver(run, now))
        {
            return ExchangeRefusals.RunOver;
        }
        return await UseAsync(isNew ? run : null, shown, cancellationToken)
            ?? await IssueAsync(run, parties, delegation, request, rules, attempt, isRenewal: false);
    }

    private static DateTimeOffset EndOf(DateTimeOffset now, Principal subject, TokenOptions rules)
    {
        var ends = now + rules.RunLifetime;
        return rules.IsWithinSubject && subject.ExpiresAt < ends ? subject.ExpiresAt : ends;
    }

    /// <summary>The next token of a run for the holder of its last one, as long as the run lives and its delegation stands.</summary>
    private async Task<ExchangeResult> RenewAsync(
        Principal subject, Principal? actor, ExchangeRequest request, TokenOptions rules, CancellationToken cancellationToken)
    {
        if (request.DeclaredActor.Length > 0 || (actor is not null && !PartiesReader.IsSameAgent(subject, actor)))
        {
            return ExchangeRefusals.AlreadyDelegated;
        }
        if (request.RunId.Length > 0 && request.RunId != subject.RunId)
        {
            return ExchangeRefusals.UnknownRun;
        }
        if (await store.FindRunAsync(subject.RunId, cancellationToken) is not { } run || run.OwnerId != subject.Id)
        {
            return ExchangeRefusals.UnknownRun;
        }
        if (IsOver(run, time.GetUtcNow()))
        {
            return ExchangeRefusals.RunOver;
        }
        if (rules.Delegations.FirstOrDefault(delegation => delegation.Permits(run.Parties)) is not { } delegation)
        {
            return ExchangeRefusals.NoDelegation;
        }
        var attempt = new Attempt { Subject = subject, Actor = actor };
        return await UseAsync(run: null, actor is null ? [] : [actor], cancellationToken)
            ?? await IssueAsync(run, run.Parties, delegation, request, rules, attempt, isRenewal: true);
    }

    private static bool IsOver(TokenRun run, DateTimeOffset now) => run.EndedAt is not null || now + LeastLifetime > run.EndsAt;

    /// <summary>Uses up one-time tokens and begins the run; the refusal when something of it was there before.</summary>
    private async Task<ExchangeResult.Refused?> UseAsync(TokenRun? run, IReadOnlyList<Principal> shown, CancellationToken cancellationToken)
    {
        var used = new List<(string TokenId, DateTimeOffset Until)>();
        foreach (var principal in shown.Where(principal => !principal.IsGatewayToken))
        {
            if (authenticator.OptionsOf(principal.Issuer) is not { IsOneTime: true } source)
            {
                continue;
            }
            if (principal.TokenId.Length == 0)
            {
                return ExchangeRefusals.NoTokenId;
            }
            used.Add((principal.TokenId, principal.ExpiresAt + source.ClockSkew));
        }
        if (run is null && used.Count == 0)
        {
            return null;
        }
        return await store.UseAsync(run, used, time.GetUtcNow(), cancellationToken) switch
        {
            TokenUseResult.Done => null,
            TokenUseResult.Replayed => ExchangeRefusals.Replayed,
            _ => ExchangeRefusals.UnknownRun,
        };
    }

    private Task<ExchangeResult> IssueAsync(
        TokenRun run, Parties parties, Delegation delegation, ExchangeRequest request, TokenOptions rules, Attempt attempt, bool isRenewal)
    {
        var now = time.GetUtcNow();
        var ends = now + (request.Lifetime ?? rules.Lifetime);
        var token = new GatewayToken
        {
            Issuer = issuer,
            Subject = parties.HasHuman ? parties.Human : parties.Agent,
            SubjectIssuer = parties.HasHuman ? parties.HumanIssuer : parties.AgentIssuer,
            Actor = parties.HasHuman ? parties.Agent : "",
            ActorIssuer = parties.AgentIssuer,
            ClientId = parties.Agent,
            Groups = delegation.GroupsOf(parties),
            RunId = run.Id,
            Certificate = request.Certificate,
            IssuedAt = now,
            ExpiresAt = ends < run.EndsAt ? ends : run.EndsAt,
        };
        return IssueAsync(token, parties.PrincipalId, parties.HumanId, delegation.Name, request, attempt, isRenewal);
    }

    private async Task<ExchangeResult> IssueAsync(
        GatewayToken token, string principalId, string humanId, string rule, ExchangeRequest request, Attempt attempt, bool isRenewal)
    {
        var now = time.GetUtcNow();
        if (options() is { } rules && keys.Maintain(now, rules.KeyRotation))
        {
            await recorder.TokenKeyAsync(keys.CurrentId, by: "");
        }
        var signed = keys.Sign(token.Claims());
        await recorder.TokenIssuedAsync(new TokenIssueFacts
        {
            TokenId = token.TokenId,
            PrincipalId = principalId,
            HumanId = humanId,
            Agent = token.Actor.Length > 0 || token.RunId.Length > 0 ? token.ClientId : "",
            RunId = token.RunId,
            Rule = rule,
            ExpiresAt = token.ExpiresAt,
            IsRenewal = isRenewal,
            IsBound = token.Certificate.Length > 0,
            SubjectToken = attempt.Subject?.TokenId ?? "",
            ActorToken = attempt.Actor?.TokenId ?? "",
            ClientAddress = request.ClientAddress,
        });
        return new ExchangeResult.Issued(signed, token.ExpiresAt - token.IssuedAt, token.RunId);
    }

    /// <summary>Whose tokens were shown, as far as that is known.</summary>
    private sealed class Attempt
    {
        public Principal? Subject { get; set; }

        public Principal? Actor { get; set; }
    }
}
