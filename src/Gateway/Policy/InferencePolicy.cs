using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>How much permitted statements may tell about tagged columns before somebody has to look: the configuration's <c>inference:</c>.</summary>
public sealed record InferencePolicy
{
    /// <summary>The limit on failures, as verdicts cite it.</summary>
    public const string ErrorBudget = "error-budget";

    /// <summary>The limit on different statements that can fail, whether they do or not.</summary>
    public const string AttemptsBudget = "attempts-budget";

    /// <summary>The limit on different values in an hour.</summary>
    public const string ConstantsBudget = "constants-budget";

    /// <summary>The limit on values in one statement.</summary>
    public const string LongList = "list-length";

    /// <summary>The limit on rows of one statement.</summary>
    public const string RowLimit = "row-limit";

    public static readonly InferencePolicy Default = new();

    /// <summary>The names above; no rule of the configuration may have one.</summary>
    public static readonly ImmutableArray<string> Limits = [ErrorBudget, AttemptsBudget, ConstantsBudget, LongList, RowLimit];

    /// <summary>Different values one principal may compare one tagged column with at one target, in an hour.</summary>
    public int ConstantsPerHour { get; init; } = 100;

    /// <summary>Values one statement may compare one tagged column with, array elements included.</summary>
    public int ListLength { get; init; } = 20;

    /// <summary>Failures, in one session within an hour, of statements that compute with tagged values.</summary>
    public int Errors { get; init; } = 3;

    /// <summary>The same over all sessions of a principal at a target, so that a new connection brings no new budget.</summary>
    public int ErrorsPerHour { get; init; } = 150;

    /// <summary>Different statements that can fail over tagged values, per principal and target in an hour, whether they fail or not.</summary>
    public int AttemptsPerHour { get; init; } = 200;

    /// <summary>Failures of writes to tagged tables that compute nothing, per principal and target in an hour.</summary>
    public int WriteErrorsPerHour { get; init; } = 60;

    /// <summary>Most rows one statement that touches tagged tables may return; 0 for no limit.</summary>
    public int Rows { get; init; }

    /// <summary>Groups whose human members may let a statement through at a limit; without any, a limit denies.</summary>
    public ImmutableArray<string> Approvers { get; init; } = [];

    /// <summary>How long a statement at a limit is held in place.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the approval request stays open.</summary>
    public TimeSpan Expires { get; init; } = TimeSpan.FromMinutes(15);
}
