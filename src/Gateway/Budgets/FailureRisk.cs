namespace Sallyport.Gateway.Budgets;

/// <summary>What the failure of a command at run time would tell about stored values. The order is that of the harm.</summary>
public enum FailureRisk
{
    /// <summary>Nothing that its conditions do not tell anyway.</summary>
    None,

    /// <summary>It writes to a tagged table: a constraint that fails tells that a value exists.</summary>
    Writes,

    /// <summary>It computes with tagged values in ways that are not known to fail.</summary>
    Derives,

    /// <summary>It computes with tagged values and fails over some of them, as <c>mrn::int</c> does: one bit of a value.</summary>
    Computes,
}
