namespace Sallyport.Gateway.Recording;

/// <summary>What a session's record says of commands that wait for a human.</summary>
public sealed partial class SessionRecorder
{
    /// <summary>Records that a held write is about to run in a transaction that is rolled back; completes when it is on disk.</summary>
    public ValueTask RehearsedAsync(in RehearsalFacts facts)
    {
        lock (_chain.Gate)
        {
            var line = Begin("approval.rehearse"u8);
            line.Raw(facts.Command.Fields);
            line.Field("pol"u8, facts.PolicyHash);
            line.Field("decision"u8, "ask");
            line.Field("rule"u8, facts.Rule);
            WriteApproval(line, facts.ApprovalId, commitment: null);
            return _chain.Append(line).Durable;
        }
    }

    /// <summary>Records that a command waits for a human; completes when it is on disk.</summary>
    public ValueTask ApprovalRequestedAsync(in ApprovalRequestFacts facts)
    {
        lock (_chain.Gate)
        {
            var line = Begin("approval.request"u8);
            line.Raw(facts.Command.Fields);
            line.Field("pol"u8, facts.PolicyHash);
            line.Field("decision"u8, "ask");
            line.Field("rule"u8, facts.Rule);
            WriteApproval(line, facts.ApprovalId, facts.StatementCommitment);
            line.Raw(",\"expires\":\""u8);
            RecordClock.WriteTime(line, facts.ExpiresAt);
            line.Raw("\""u8);
            if (facts.EstimatedRows is { } estimate)
            {
                line.Field("est_rows"u8, estimate);
            }
            if (facts.DryRunRows is { } rows)
            {
                line.Field("dry_rows"u8, rows);
            }
            return _chain.Append(line).Durable;
        }
    }
}
