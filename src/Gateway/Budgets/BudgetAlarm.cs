namespace Sallyport.Gateway.Budgets;

/// <summary>A pattern somebody should look at. Holds no value.</summary>
/// <param name="Kind">What was seen.</param>
/// <param name="Column">The tagged column, or empty where it is about all of them.</param>
/// <param name="Count">How much of it within the hour.</param>
public readonly record struct BudgetAlarm(AlarmKind Kind, string Column, int Count);

public enum AlarmKind
{
    /// <summary>Search values that grow character by character.</summary>
    PrefixWalk,

    /// <summary>Comparisons that nearly always find nothing.</summary>
    FailedEqualities,

    /// <summary>The budget for different values of a column is used up.</summary>
    ConstantsUsedUp,

    /// <summary>The budget for failures is used up.</summary>
    ErrorsUsedUp,

    /// <summary>The budget for statements that can fail is used up.</summary>
    AttemptsUsedUp,
}
