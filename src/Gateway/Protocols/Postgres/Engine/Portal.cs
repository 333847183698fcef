namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>A bound statement: what an Execute of it will run, and how its rows are masked.</summary>
internal sealed class Portal : IReplyWaiter
{
    private TaskCompletionSource<BindEnd>? _end;

    public required ServerStatement Statement { get; init; }

    /// <summary>Its name at the server: never one that SQL can name, so FETCH cannot reach a portal whose rows must be masked.</summary>
    public byte[] ServerName { get; init; } = [];

    /// <summary>Null when nothing is masked.</summary>
    public required MaskPlan? Plan { get; init; }

    /// <summary>The Bind message's parameter part as the client sent it: what a human decides on is the statement with its values.</summary>
    public byte[] Parameters { get; init; } = [];

    /// <summary>The server was given other values, because tokens among them were redeemed.</summary>
    public bool BindsTokens { get; init; }

    /// <summary>The <see cref="Exchange.Batch"/> of its Bind.</summary>
    public required long Batch { get; init; }

    /// <summary>Bound in the very batch that parsed it.</summary>
    public required bool IsFresh { get; init; }

    /// <summary>Whether the server's "cached plan" error is ours to repair by preparing the text again.</summary>
    public bool TakesStalePlanError { get; init; }

    /// <summary>A server that answers a simple query commits first and says that the last statement is complete afterwards.</summary>
    public bool CompletesWithCommit { get; init; }

    /// <summary>Characters in front of the statement in the string it came in: positions in errors move by so many.</summary>
    public int CharactersBefore { get; init; }

    /// <summary>What it announces that a simple query would not.</summary>
    public string HiddenWarning { get; init; } = "";

    /// <summary>Bound to the client's unnamed statement, which a server would have parsed anew: a plan that is out of date is the gateway's own doing.</summary>
    public bool IsOfUnnamed { get; init; }

    /// <summary>What the last Execute started.</summary>
    public Execution? Current { get; set; }

    /// <summary>Completes when the server has bound it. Ask before the Bind goes out.</summary>
    public Task<BindEnd> WhenBound() =>
        (_end ??= new TaskCompletionSource<BindEnd>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Bound() => _end?.TrySetResult(Statement.IsVoid ? BindEnd.Void : BindEnd.Bound);

    public void Stale() => _end?.TrySetResult(BindEnd.Stale);

    public void Skip() => _end?.TrySetResult(BindEnd.Failed);

    public void Fail(Exception exception) => _end?.TrySetException(exception);
}

internal enum BindEnd
{
    Bound,

    /// <summary>The server refused or skipped it; the client has been told.</summary>
    Failed,

    /// <summary>The statement's meaning changed since it was judged; nothing has run.</summary>
    Void,

    /// <summary>The server cannot use its plan after a change of schema; nothing has run and the client has been told nothing.</summary>
    Stale,
}
