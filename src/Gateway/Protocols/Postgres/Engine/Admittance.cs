using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Measures;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Takes one prepared statement to the gate: refuses in PostgreSQL's way, or holds it in place until a human has decided.</summary>
internal sealed class Admittance(Exchange exchange, Permit.Gate gate, HaltGuard halt, InferenceWatch watch, UsageWatch usage, RowMeasurer measurer, ICommandObserver? observer = null) : IDisposable
{
    private CancellationTokenSource _hold = new();

    /// <summary>A command is held for a human's decision now.</summary>
    public bool IsHolding { get; private set; }

    /// <summary>The client wants its held command cancelled (CancelRequest), or the session ends.</summary>
    public void CancelHold()
    {
        var hold = _hold;
        _hold = new CancellationTokenSource();
        hold.Cancel();
        hold.Dispose();
    }

    /// <summary>Refuses before policy is asked: the statement has no meaning the gateway can vouch for.</summary>
    public ValueTask RefuseAsync(Preparation.Refused refused, ReadOnlySpan<byte> text)
    {
        halt.Refused(ServerStatement.HashOf(text));
        return RefuseAsync(null, refused.Rule, refused.Reason, refused.Remedy);
    }

    /// <summary>Refuses a message over its limit; it was skipped unread.</summary>
    public async ValueTask RefuseTooLargeAsync(int bytes, int limit)
    {
        await gate.RefusedAsync(null, "too-large", "too-large");
        observer?.Refused(new CommandRefusal("too-large", "too-large", $"The message has {bytes} bytes, the limit is {limit}.", "Send less at once."));
        exchange.InjectError(ErrorFields.Error(
            Refusals.TooLarge,
            $"NOT EXECUTED - a message of {bytes} bytes is over the gateway's limit of {limit} bytes - send less at once (COPY for bulk data), or ask the operator to raise limits"));
    }

    /// <summary>Whether the session is halted for this statement; refuses it if so.</summary>
    public async ValueTask<bool> IsHaltedAsync(ReadOnlyMemory<byte> text, StatementForm form)
    {
        if (!halt.Blocks(ServerStatement.HashOf(text.Span), form, exchange.TransactionStatus))
        {
            return false;
        }

        await gate.RefusedAsync(null, "halted", "follows-a-refusal", "halted");
        exchange.InjectError(ErrorFields.Error(
            Refusals.Halted,
            $"NOT EXECUTED - session halted for {halt.HaltedFor.TotalSeconds:0.###} s: this statement follows a refused one - pause, repeat the refused command, or ROLLBACK to go on",
            hint: "psql runs the rest of a file after an error unless ON_ERROR_STOP is set."));
        return true;
    }

    /// <summary>Whether policy forbids it now. Records nothing.</summary>
    public bool WouldForbid(ServerStatement statement) => gate.Judge(statement.Command) is Verdict.Deny;

    /// <summary>Refuses at once what policy forbids, before anything of it is bound. True when it was refused.</summary>
    public async ValueTask<bool> IsForbiddenAsync(ServerStatement statement)
    {
        if (gate.Judge(statement.Command) is not Verdict.Deny deny)
        {
            return false;
        }

        await DenyAsync(statement, deny);
        return true;
    }

    /// <summary>The permit for one execution, or null when it was refused and the client has been told.</summary>
    /// <param name="statement">What is to run.</param>
    /// <param name="parameters">The parameter part of its Bind.</param>
    /// <param name="hold">What the protocol does around a hold.</param>
    public async ValueTask<Permit?> AdmitAsync(ServerStatement statement, ReadOnlyMemory<byte> parameters, HoldSteps hold)
    {
        var budget = await usage.JudgeAsync(statement, gate.Judge(statement.Command));
        if (budget is Verdict.Deny used)
        {
            await DenyAsync(statement, used);
            usage.EndIfKilled(used);
            return null;
        }

        // What policy forbids or asks about anyway uses nothing up.
        var limit = budget is not null ? budget : statement.TouchesPhi && gate.Judge(statement.Command) is Verdict.Allow ? watch.Judge(statement, parameters) : null;
        switch (gate.Admit(statement.Command, statement.Encoded, limit, statement.GoesOn))
        {
            case Admission.Admitted admitted:
                watch.Admitted(statement);
                return admitted.Permit;
            case Admission.Denied denied:
                await DenyAsync(statement, denied.Verdict);
                return null;
            case Admission.Asked asked:
                if (gate.AdmitStanding(statement.Command, statement.Encoded, asked.Question, statement.Plan) is { } standing)
                {
                    return await ApprovedAsync(statement, standing);
                }

                return await HoldAsync(statement, asked.Question, parameters, hold);
            default:
                throw new InvalidOperationException("unknown admission");
        }
    }

    /// <summary>What was approved or cached does not mean the same any more; nothing ran.</summary>
    public async ValueTask RefuseChangedAsync()
    {
        await gate.RefusedAsync(null, "changed", "meaning-changed");
        observer?.Refused(new CommandRefusal("changed", "meaning-changed", "The tables of this statement changed while it was judged.", "Run it again."));
        exchange.InjectError(ErrorFields.Error(
            "40001", "NOT EXECUTED - the tables of this statement changed while it was judged - run it again"));
    }

    /// <summary>A result has more rows than one statement may return: an error stands where the rest would.</summary>
    public async ValueTask RefuseMoreRowsAsync(Execution execution)
    {
        await gate.RefusedAsync(null, InferencePolicy.RowLimit, InferencePolicy.RowLimit, "cut");
        observer?.Refused(new CommandRefusal(
            InferencePolicy.RowLimit,
            CommandRefusal.Cut,
            $"A statement on tables with tagged columns returns at most {execution.RowLimit} rows.",
            "Add LIMIT or a condition, or aggregate."));
        exchange.InjectError(ErrorFields.Error(
            Refusals.TooLarge,
            $"STOPPED - refused by {InferencePolicy.RowLimit}: a statement on tables with tagged columns returns at most {execution.RowLimit} rows - add LIMIT or a condition, or aggregate",
            hint: "The rows before this error are a part of the result."));
    }

    /// <summary>The data of a copy hold a masked value: the copy is made to fail, and this is what the client gets for an error.</summary>
    public async ValueTask FailCopyAsync(Execution execution)
    {
        var refusal = MaskedWriteGuard.Refusal;
        halt.Refused(ServerStatement.HashOf(execution.Statement.Text));
        await gate.RefusedAsync(execution.Statement.Encoded, refusal.Rule, "policy", "cut");
        observer?.Refused(new CommandRefusal(refusal.Rule, CommandRefusal.Cut, refusal.Reason, refusal.Remedy));
        execution.FailedFor = ErrorFields.Error(
            Refusals.Policy, $"STOPPED - refused by {refusal.Rule}: {refusal.Reason.TrimEnd('.')} - {refusal.Remedy}", hint: "No row of this COPY was kept.");
        await usage.DeniedAsync(refusal.Rule, "policy");
    }

    /// <summary>Records that a permitted command never reached the server.</summary>
    public void Abandon(Permit permit) => gate.Abandon(permit);

    public void Dispose() => _hold.Dispose();

    private async ValueTask<Permit?> HoldAsync(
        ServerStatement statement, Verdict.Ask question, ReadOnlyMemory<byte> parameters, HoldSteps hold)
    {
        var settings = exchange.Skipping ? null : await measurer.SettingsAsync();
        await hold.QuiesceAsync();
        if (exchange.Skipping)
        {
            // An earlier statement of the batch failed, so this one is not to run and nobody needs to decide.
            return null;
        }

        ApprovalTicket ticket;
        try
        {
            ticket = await gate.AskAsync(
                new CommandToAsk(statement.Command, question)
                {
                    Statement = statement.Text,
                    Parameters = IdentityOf(statement, parameters),
                    ShownParameters = ShownParameters.Of(parameters.Span),
                    Plan = statement.Plan,
                },
                record => measurer.MeasureAsync(new HeldStatement(statement, parameters, hold.BindsTokens, IsAlone: exchange.IsUntouched && exchange.Replies.Count == 0), settings, record),
                CancellationToken.None);
        }
        catch (ApprovalLimitException limit)
        {
            await RefuseAsync(statement, question.Rule, limit.Message, "Wait until open approvals are decided.");
            return null;
        }

        var decision = await DecisionAsync(ticket, question);
        if (decision is ApprovalDecision.Approved && !exchange.ClientWire.IsPeerGone)
        {
            if (!await hold.ResumeAsync())
            {
                return null;
            }

            var permit = await gate.RedeemAsync(statement.Command, statement.Encoded, ticket, question);
            if (permit is not null)
            {
                return await ApprovedAsync(statement, permit);
            }
        }

        await RefuseAsync(statement, question.Rule, Refusals.Of(decision, ticket));
        return null;
    }

    /// <summary>Counts what a human let through; null when a budget nobody was asked about refuses it.</summary>
    private async ValueTask<Permit?> ApprovedAsync(ServerStatement statement, Permit permit)
    {
        if (await usage.ApprovedAsync(statement, permit.IsApproved) is { } used)
        {
            gate.Abandon(permit);
            await DenyAsync(statement, used);
            usage.EndIfKilled(used);
            return null;
        }

        watch.Admitted(statement);
        return permit;
    }

    /// <summary>Bytes of a parameter mean what its type says.</summary>
    private static byte[] IdentityOf(ServerStatement statement, ReadOnlyMemory<byte> parameters) => [.. statement.ParameterTypes, .. parameters.Span];

    private async ValueTask<ApprovalDecision?> DecisionAsync(ApprovalTicket ticket, Verdict.Ask question)
    {
        if (ticket.State == ApprovalState.Approved)
        {
            return new ApprovalDecision.Approved("");
        }

        var hold = observer?.HoldFor(question.Hold) ?? question.Hold;
        ErrorFields.Write(
            exchange.Client.Pending,
            BackendMessage.NoticeResponse,
            "NOTICE",
            "00000",
            $"approval {ticket.Id} pending: {ticket.Url} - holding the command up to {hold.TotalSeconds:0.###} s (rule {question.Rule})",
            hint: $"A member of {string.Join(" or ", question.Approvers)} decides: sallyport approvals approve {ticket.Id}");
        await exchange.Client.FlushAsync();
        observer?.Holding(new CommandHold(ticket.Id, question.Rule, ticket.Url.ToString()));
        IsHolding = true;
        try
        {
            return await gate.WaitAsync(ticket, hold, _hold.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            IsHolding = false;
        }
    }

    private ValueTask DenyAsync(ServerStatement statement, Verdict.Deny deny)
    {
        gate.Denied(statement.Command, statement.Plan);
        return RefuseAsync(statement, deny.Rule, deny.Reason, deny.Remedy, deny.Access, statement.Command);
    }

    private ValueTask RefuseAsync(ServerStatement? statement, string rule, string reason, string remedy, AccessAsk? access = null, Command? remembered = null) =>
        RefuseAsync(
            statement,
            rule,
            new RefusalText(
                Refusals.Policy, $"NOT EXECUTED - refused by {rule}: {reason.TrimEnd('.')} - {remedy}", "", rule.StartsWith("analysis:", StringComparison.Ordinal) ? "analysis" : "policy")
            {
                Why = reason,
                Remedy = remedy,
                Access = access,
            },
            remembered);

    /// <param name="statement">What is refused; null where it has no meaning.</param>
    /// <param name="rule">What refuses it.</param>
    /// <param name="refusal">The words.</param>
    /// <param name="remembered">The command, where reviewers of later ones have to know.</param>
    private async ValueTask RefuseAsync(ServerStatement? statement, string rule, RefusalText refusal, Command? remembered = null)
    {
        if (statement is not null)
        {
            halt.Refused(ServerStatement.HashOf(statement.Text));
        }

        await gate.RefusedAsync(statement?.Encoded, rule, refusal.Reason, approvalId: refusal.ApprovalId, refused: remembered);
        observer?.Refused(new CommandRefusal(rule, refusal.Reason, refusal.Why ?? refusal.Message, refusal.Remedy ?? refusal.Hint)
        {
            ApprovalId = refusal.ApprovalId,
            Access = refusal.Access,
        });
        exchange.InjectError(ErrorFields.Error(refusal.SqlState, refusal.Message, hint: refusal.Hint));
        await usage.DeniedAsync(rule, refusal.Reason);
    }
}

/// <summary>What a protocol does around a hold.</summary>
/// <param name="QuiesceAsync">Lets everything asked before be answered, and gives back the locks it can.</param>
/// <param name="ResumeAsync">Makes the approved command ready again. False: it cannot run any more, and the client has been told.</param>
internal sealed record HoldSteps(Func<ValueTask> QuiesceAsync, Func<ValueTask<bool>> ResumeAsync)
{
    /// <summary>Tokens among its parameters were redeemed: the server has other values than the client sent.</summary>
    public bool BindsTokens { get; init; }
}

/// <summary>One refusal in PostgreSQL's terms.</summary>
/// <param name="Reason">The recorded code: policy, analysis, approval-pending, approval-denied, approval-expired, approval-used, cancelled.</param>
/// <param name="ApprovalId">The approval it waited for, or null.</param>
internal readonly record struct RefusalText(string SqlState, string Message, string Hint, string Reason, string? ApprovalId = null)
{
    /// <summary>The sentence alone, where the message holds more.</summary>
    public string? Why { get; init; }

    public string? Remedy { get; init; }

    /// <summary>The request for access that would open what is closed, or null.</summary>
    public AccessAsk? Access { get; init; }
}

/// <summary>The SQLSTATEs of the gateway's own refusals, and their sentences. Id and address stand in the primary message: terse clients show nothing else.</summary>
internal static class Refusals
{
    /// <summary>insufficient_privilege: refused by policy or analysis.</summary>
    public const string Policy = "42501";

    /// <summary>Nobody has decided yet; the same command again attaches to the request.</summary>
    public const string ApprovalPending = "SP001";

    public const string ApprovalDenied = "SP002";

    public const string ApprovalExpired = "SP003";

    /// <summary>The session refuses what follows a refused statement.</summary>
    public const string Halted = "SP004";

    /// <summary>program_limit_exceeded.</summary>
    public const string TooLarge = "54000";

    /// <param name="decision">Null when the client cancelled, or the approval was approved and could not be used.</param>
    public static RefusalText Of(ApprovalDecision? decision, ApprovalTicket ticket) => decision switch
    {
        ApprovalDecision.StillPending => new(
            ApprovalPending,
            $"NOT EXECUTED - approval {ticket.Id} pending: {ticket.Url} - re-run the same command after approval",
            $"Wait for the decision with: sallyport wait {ticket.Id}",
            "approval-pending",
            ticket.Id),
        ApprovalDecision.Denied { Reason: var why } => new(
            ApprovalDenied,
            $"NOT EXECUTED - approval {ticket.Id} denied by a reviewer{(why.Length > 0 ? ": " + OneLine(why) : "")} - do not repeat or reword the command",
            "",
            "approval-denied",
            ticket.Id),
        ApprovalDecision.Expired => new(
            ApprovalExpired,
            $"NOT EXECUTED - approval {ticket.Id} expired undecided: {ticket.Url} - run the command again to ask anew",
            "",
            "approval-expired",
            ticket.Id),
        ApprovalDecision.Approved => new(
            ApprovalExpired,
            $"NOT EXECUTED - approval {ticket.Id} was used or withdrawn before this command could use it - run the command again to ask anew",
            "",
            "approval-used",
            ticket.Id),
        _ => new(
            "57014",
            $"NOT EXECUTED - cancelled by the client while approval {ticket.Id} was pending: {ticket.Url}",
            "",
            "cancelled",
            ticket.Id),
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
