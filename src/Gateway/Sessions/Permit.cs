using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Sessions;

/// <summary>Proof that one command was judged, allowed and recorded. Targets execute permits, never commands.</summary>
public sealed class Permit
{
    private Permit(Command command, string rule, PendingIntent intent, bool isApproved)
    {
        IsApproved = isApproved;
        Command = command;
        Rule = rule;
        Intent = intent;
    }

    public Command Command { get; }

    public string Rule { get; }

    /// <summary>A human let this very command through, or what stands for a time answers a budget's own question: budgets that ask do not stop it.</summary>
    public bool IsApproved { get; }

    /// <summary>
    /// The record in the ledger. It is durable before the target hears of a command that can change something, and before the first
    /// response byte of one that can only read.
    /// </summary>
    public PendingIntent Intent { get; }

    /// <summary>
    /// The one place where permits are made, for one session. The order: the caller analyses, policy judges, a human decides where the rule
    /// asks, the intent is recorded, and only then there is a permit.
    /// </summary>
    public sealed class Gate(string sessionId, Principal principal, string target, PolicyEngine policy, ApprovalDesk approvals, SessionRecorder recorder, GatewayMetrics metrics)
    {
        private readonly RunHistory _history = approvals.Histories.Of(principal, sessionId);

        /// <summary>Judges a command by the policy in force now. Has no effect.</summary>
        public Verdict Judge(Command command) => policy.Judge(principal, command);

        /// <summary>Admits a command, or says why not. Only <see cref="Admission.Admitted"/> carries a permit.</summary>
        /// <param name="command">What is to run.</param>
        /// <param name="encoded">The same as it is recorded.</param>
        /// <param name="limit">A question or denial of a limit that is reached; it holds where the policy would allow. Null for none.</param>
        /// <param name="goesOn">It fetches more of a result whose command was admitted before, so that nobody is asked a second time. What policy forbids now stays forbidden.</param>
        /// <exception cref="Evidence.Log.LedgerUnavailableException">The ledger cannot record, so nothing may run.</exception>
        public Admission Admit(Command command, EncodedCommand encoded, Verdict? limit = null, bool goesOn = false)
        {
            var snapshot = policy.Current;
            var verdict = policy.Judge(snapshot, principal, command);
            if (verdict is Verdict.Allow && limit is not null)
            {
                verdict = limit with { Grant = verdict.Grant, IsBreakGlass = verdict.IsBreakGlass };
            }
            metrics.StatementJudged(command.Class, verdict);
            if (verdict is Verdict.Allow)
            {
                _history.Add(command, "allow", verdict.Rule, policy.Now);
            }
            return verdict switch
            {
                Verdict.Allow allow => new Admission.Admitted(Record(command, encoded, allow, allow.Rule, snapshot.Hash, approval: null)),
                Verdict.Ask ask when goesOn => new Admission.Admitted(Record(command, encoded, ask, ask.Rule, snapshot.Hash, approval: null)),
                Verdict.Ask ask => new Admission.Asked(ask),
                Verdict.Deny deny => new Admission.Denied(deny),
                _ => throw new InvalidOperationException("unknown verdict"),
            };
        }

        /// <summary>A permit by an approval that stands for more than one command and answers this question; null where there is none.</summary>
        /// <param name="command">What is to run.</param>
        /// <param name="encoded">The same as it is recorded.</param>
        /// <param name="question">What the policy asks about it.</param>
        /// <param name="plan">What stays of it when its constants change.</param>
        public Permit? AdmitStanding(Command command, EncodedCommand encoded, Verdict.Ask question, ReadOnlySpan<byte> plan)
        {
            if (approvals.UseStanding(principal, command, question, plan) is not { } standing)
            {
                return null;
            }

            metrics.ApprovalChanged("stood");
            _history.Add(command, "standing", question.Rule, policy.Now);
            return Record(command, encoded, question, question.Rule, policy.Current.Hash, new UsedApproval(standing.Id, Commitment: null, standing.Scope));
        }

        /// <summary>Approvals of more than one command that were about what the policy now forbids end.</summary>
        public void Denied(Command command, ReadOnlySpan<byte> plan)
        {
            if (policy.Judge(principal, command) is Verdict.Deny)
            {
                approvals.Forbidden(principal, command, plan);
            }
        }

        /// <summary>Opens a request for a human's decision, or finds the open one for the same command.</summary>
        /// <param name="asked">What is to run.</param>
        /// <param name="measure">Finds out how much it would touch; called for a new request only. Given what records a dry run, where the rule wants one.</param>
        /// <param name="cancellationToken">Gives up before the request is recorded.</param>
        public async ValueTask<ApprovalTicket> AskAsync(CommandToAsk asked, Func<Func<ValueTask>?, ValueTask<RowMeasure>> measure, CancellationToken cancellationToken)
        {
            var question = new ApprovalQuestion
            {
                Id = ApprovalId.Create(),
                Requester = principal,
                SessionId = sessionId,
                Command = asked.Command,
                Verdict = asked.Question,
                PolicyHash = policy.Current.Hash,
                Statement = asked.Statement,
                Parameters = asked.Parameters,
                ShownParameters = asked.ShownParameters,
                Plan = asked.Plan,
            };
            if (await approvals.IsNewAsync(question, cancellationToken))
            {
                question = question with { Measure = await measure(asked.Question.DryRun ? () => RehearsedAsync(question) : null) };
            }

            var ticket = await approvals.RequestAsync(question, cancellationToken);
            metrics.ApprovalChanged(ticket.Attached ? "attached" : "requested");
            _history.Add(asked.Command, "ask", asked.Question.Rule, policy.Now);
            return ticket;
        }

        private ValueTask RehearsedAsync(ApprovalQuestion question) => recorder.RehearsedAsync(new RehearsalFacts
        {
            ApprovalId = question.Id,
            Command = Recorder.Encode(question.Command),
            PolicyHash = question.PolicyHash,
            Rule = question.Verdict.Rule,
        });

        /// <summary>Waits for the decision as long as the rule holds commands.</summary>
        public Task<ApprovalDecision> WaitAsync(ApprovalTicket ticket, TimeSpan hold, CancellationToken cancellationToken) =>
            approvals.WaitAsync(ticket, hold, cancellationToken);

        /// <summary>
        /// Uses an approval, once. Null when it is used, expired or denied by now, or when the policy in force no longer asks about the
        /// command but refuses it.
        /// </summary>
        public async ValueTask<Permit?> RedeemAsync(Command command, EncodedCommand encoded, ApprovalTicket ticket, Verdict.Ask question)
        {
            var snapshot = policy.Current;
            var verdict = policy.Judge(snapshot, principal, command);
            if (verdict is Verdict.Deny || !await approvals.RedeemAsync(ticket, sessionId))
            {
                return null;
            }

            metrics.ApprovalChanged("redeemed");
            return Record(command, encoded, verdict, verdict is Verdict.Ask ? verdict.Rule : question.Rule, snapshot.Hash, new UsedApproval(ticket.Id, [.. ticket.Commitment], ApprovalScope.Once));
        }

        /// <summary>Records a refusal; durable on return, so that the refusal's text never goes out unrecorded.</summary>
        /// <param name="encoded">The command, or null when it has no meaning.</param>
        /// <param name="rule">The rule or check that refuses.</param>
        /// <param name="reason">A code in kebab case, never a sentence: it is recorded.</param>
        /// <param name="action">refused, halted, disconnected or cut.</param>
        /// <param name="approvalId">The approval it waited for, if any.</param>
        /// <param name="refused">The command, where reviewers of later ones have to know that it was refused.</param>
        public ValueTask RefusedAsync(EncodedCommand? encoded, string rule, string reason, string action = "refused", string? approvalId = null, Command? refused = null)
        {
            metrics.StatementRefused(rule);
            var facts = new DenialFacts { Command = encoded, PolicyHash = policy.Current.Hash, Rule = rule, Reason = reason, Action = action, ApprovalId = approvalId, IsBreakGlass = policy.HasBreakGlass(principal, target) };
            var durable = recorder.DenyAsync(facts, out var record);
            if (refused is not null)
            {
                _history.Refused(refused, rule, policy.Now, record);
            }

            return durable;
        }

        /// <summary>Records that a permitted command never reached the target.</summary>
        public void Abandon(Permit permit) => recorder.Outcome(new OutcomeFacts { IntentIndex = permit.Intent.Index, Status = OutcomeStatus.Skipped });

        private Permit Record(Command command, EncodedCommand encoded, Verdict verdict, string rule, string policyHash, UsedApproval? approval) => new(
            command,
            rule,
            recorder.Intent(new IntentFacts
            {
                Command = encoded,
                PolicyHash = policyHash,
                Rule = rule,
                ApprovalId = approval?.Id,
                StatementCommitment = approval?.Commitment,
                ApprovalScope = approval?.Scope ?? ApprovalScope.Once,
                Grant = verdict.Grant,
                IsBreakGlass = verdict.IsBreakGlass,
            }),
            approval is { Scope: ApprovalScope.Once } || (approval is not null && rule.StartsWith(UsageBudget.RulePrefix, StringComparison.Ordinal)));

        private sealed record UsedApproval(string Id, byte[]? Commitment, ApprovalScope Scope);
    }
}

/// <summary>A command that a human has to decide on, as the protocol has it. Its buffers stay valid until the answer.</summary>
/// <param name="Command">What it means.</param>
/// <param name="Question">What the policy asks about it.</param>
public sealed record CommandToAsk(Command Command, Verdict.Ask Question)
{
    /// <inheritdoc cref="ApprovalQuestion.Statement"/>
    public required ReadOnlyMemory<byte> Statement { get; init; }

    /// <inheritdoc cref="ApprovalQuestion.Parameters"/>
    public ReadOnlyMemory<byte> Parameters { get; init; }

    /// <inheritdoc cref="ApprovalQuestion.ShownParameters"/>
    public System.Collections.Immutable.ImmutableArray<string> ShownParameters { get; init; } = [];

    /// <inheritdoc cref="ApprovalQuestion.Plan"/>
    public ReadOnlyMemory<byte> Plan { get; init; }
}

/// <summary>What became of a command at the gate.</summary>
public abstract record Admission
{
    private Admission()
    {
    }

    public sealed record Admitted(Permit Permit) : Admission;

    public sealed record Asked(Verdict.Ask Question) : Admission;

    public sealed record Denied(Verdict.Deny Verdict) : Admission;
}
