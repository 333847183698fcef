using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>budgets:</c>.</summary>
internal static class BudgetsBinder
{
    /// <summary>Most budgets; each that concerns a session is asked for every statement.</summary>
    private const int MaxBudgets = 100;

    private const int Most = 999_999_999;
    private const long MostBytes = 1L << 50;

    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(31);
    private static readonly TimeSpan UsualWindow = TimeSpan.FromHours(1);

    private static readonly Dictionary<string, UsageScope> Scopes = new(StringComparer.Ordinal)
    {
        ["principal"] = UsageScope.Principal,
        ["run"] = UsageScope.Run,
        ["session"] = UsageScope.Session,
    };

    private static readonly Dictionary<string, UsageAction> Actions = new(StringComparer.Ordinal)
    {
        ["deny"] = UsageAction.Deny,
        ["ask"] = UsageAction.Ask,
        ["kill"] = UsageAction.Kill,
    };

    public static ImmutableArray<UsageBudget> Bind(Section root, Binding binding)
    {
        var budgets = ImmutableArray.CreateBuilder<UsageBudget>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in root.Children("budgets"))
        {
            var budget = BindOne(section, binding);
            section.Finish();
            if (budget.Name.Length > 0 && !names.Add(budget.Name))
            {
                section.Problem("name", $"budget {budget.Name} stands here a second time", "give each budget its own name");
            }
            budgets.Add(budget);
        }
        if (budgets.Count > MaxBudgets)
        {
            root.Problem("budgets", $"there are more than {MaxBudgets} budgets", "put limits for the same people into one budget");
        }
        return budgets.ToImmutable();
    }

    private static UsageBudget BindOne(Section section, Binding binding)
    {
        section.Require("name");
        section.Require("per");
        section.Require("limits");
        var per = section.Choice("per", Scopes) ?? UsageScope.Principal;
        if (per == UsageScope.Session && section.Has("window"))
        {
            section.Problem("window", "window means nothing for a session", "remove it: a session's budget lasts as long as the session");
        }
        var window = section.Duration("window", UsualWindow, TimeSpan.FromSeconds(1), LongestWindow);
        var budget = new UsageBudget
        {
            Name = RuleBinder.Name(section) ?? "",
            Targets = RuleBinder.Existing(section, "target", binding, binding.Targets, "target"),
            Principals = binding.Principals(section, "principals"),
            Kinds = RuleBinder.KindsOf(section),
            Groups = RuleBinder.Existing(section, "groups", binding, binding.Groups, "group"),
            Per = per,
            Window = per == UsageScope.Session || (per == UsageScope.Run && !section.Has("window")) ? null : window,
            Limits = section.Child("limits") is { } limits ? Limits(limits) : new UsageLimits(null, null, null, null, null, null),
            AtLimit = section.Choice("atLimit", Actions) ?? UsageAction.Deny,
            Approvers = section.Names("approvers"),
            Hold = section.Duration("hold", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            Expires = section.Duration("expires", TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(10), TimeSpan.FromDays(7)),
        };
        CheckAsk(section, budget);
        return budget;
    }

    private static UsageLimits Limits(Section section)
    {
        var limits = new UsageLimits(
            Count(section, "statements"),
            Count(section, "rows"),
            Count(section, "phiCells"),
            Bytes(section),
            Count(section, "denials"),
            section.Has("time") ? (long)section.Duration("time", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), LongestWindow).TotalMilliseconds : null);
        if (limits == new UsageLimits(null, null, null, null, null, null))
        {
            section.Problems.Add(section.Line, "the budget limits nothing", "give it statements, rows, phiCells, bytes, denials or time");
        }
        section.Finish();
        return limits;
    }

    private static long? Count(Section section, string key) => section.Has(key) ? section.Number(key, Most, 1, Most) : null;

    private static long? Bytes(Section section)
    {
        if (section.Text("bytes") is not { } text)
        {
            return null;
        }
        if (Scalars.TrySize(text, out var bytes) && bytes is >= 1 and <= MostBytes)
        {
            return bytes;
        }
        section.Problem("bytes", "limits.bytes is not a size a budget can have", Scalars.SizeForm);
        return null;
    }

    private static void CheckAsk(Section section, UsageBudget budget)
    {
        if (budget.AtLimit == UsageAction.Ask)
        {
            section.Require("approvers");
            if (budget.Hold > budget.Expires)
            {
                section.Problem("hold", "hold is longer than expires", "let the request stay open at least as long as the statement is held");
            }
            return;
        }
        foreach (var key in new[] { "approvers", "hold", "expires" })
        {
            if (section.Has(key))
            {
                section.Problem(key, $"{key} means nothing without atLimit: ask", "remove it");
            }
        }
    }
}
