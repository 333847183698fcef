using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>inference:</c>. What is missing has the default of <see cref="InferencePolicy"/>.</summary>
internal static class InferenceBinder
{
    private const int MostValues = 100_000;
    private const int MostErrors = 1000;

    private static readonly Dictionary<string, RuleDecision> Decisions = new(StringComparer.Ordinal)
    {
        ["ask"] = RuleDecision.Ask,
        ["deny"] = RuleDecision.Deny,
    };

    public static InferencePolicy Bind(Section root)
    {
        var standard = InferencePolicy.Default;
        if (root.Child("inference") is not { } section)
        {
            return standard;
        }
        var policy = new InferencePolicy
        {
            ConstantsPerHour = section.Number("constantsPerHour", standard.ConstantsPerHour, 1, MostValues),
            ListLength = section.Number("listLength", standard.ListLength, 1, MostValues),
            Errors = section.Number("errors", standard.Errors, 1, MostErrors),
            ErrorsPerHour = section.Number("errorsPerHour", standard.ErrorsPerHour, 1, MostErrors),
            AttemptsPerHour = section.Number("attemptsPerHour", standard.AttemptsPerHour, 1, MostValues),
            WriteErrorsPerHour = section.Number("writeErrorsPerHour", standard.WriteErrorsPerHour, 1, MostErrors),
            Rows = section.Number("rows", standard.Rows, 0, 100_000_000),
            Approvers = Approvers(section),
            Hold = section.Duration("hold", standard.Hold, TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            Expires = section.Duration("expires", standard.Expires, TimeSpan.FromSeconds(10), TimeSpan.FromDays(7)),
        };
        if (policy.Hold > policy.Expires)
        {
            section.Problem("hold", "hold is longer than expires", "let the request stay open at least as long as the statement is held");
        }
        section.Finish();
        return policy;
    }

    /// <summary>Whom to ask at a limit: nobody unless somebody is named, and nobody where the file says deny.</summary>
    private static ImmutableArray<string> Approvers(Section section)
    {
        var approvers = section.Names("approvers");
        var decision = section.Choice("atLimit", Decisions) ?? (approvers.IsEmpty ? RuleDecision.Deny : RuleDecision.Ask);
        if (decision == RuleDecision.Ask)
        {
            section.Require("approvers");
            return approvers;
        }
        foreach (var key in new[] { "approvers", "hold", "expires" })
        {
            if (section.Has(key))
            {
                section.Problem(key, $"{key} means nothing where a limit denies", "write atLimit: ask with approvers, or remove it");
            }
        }
        return [];
    }
}
