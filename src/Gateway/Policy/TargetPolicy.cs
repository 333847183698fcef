using System.Collections.Frozen;

namespace Sallyport.Gateway.Policy;

/// <summary>What the policy knows about one target's database.</summary>
/// <param name="Name">The target's name.</param>
/// <param name="Phi">Its tagged columns.</param>
/// <param name="CleanFunctions">User functions (<c>schema.function</c>) the operator declares to read no table and to keep nothing back.</param>
public sealed record TargetPolicy(string Name, PhiMap Phi, FrozenSet<string> CleanFunctions);
