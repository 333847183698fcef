namespace Sallyport.Gateway.Policy;

/// <summary>The sentences of a denial by rule: written for the agent that reads them next.</summary>
internal static class RuleDenial
{
    public static Verdict.Deny Of(Rule rule, Command command) =>
        new(rule.Name, $"rule {rule.Name} forbids {What(rule, command)}", rule.Remedy ?? Remedy(rule, command));

    /// <summary>Says what of the command the rule is about, in configuration words; nothing of the statement's own text.</summary>
    private static string What(Rule rule, Command command)
    {
        var effects = command.Effects & (rule.Match.Effects == Effects.None ? command.Effects : rule.Match.Effects);
        var names = string.Join(" and ", PolicyNames.NamesOf(effects));
        var action = names.Length > 0 ? names : PolicyNames.NameOf(command.Class);
        var bound = rule.Match.Unbounded == true ? " without a condition" : "";
        var phi = rule.Match.Phi == true || !rule.Match.Tags.IsEmpty ? " on tagged data" : "";
        var place = rule.Match.Tables.IsEmpty && rule.Match.Schemas.IsEmpty ? "" : " there";
        return action + bound + phi + place;
    }

    private static string Remedy(Rule rule, Command command)
    {
        if (rule.Match.Unbounded == true)
        {
            return (command.Effects & Effects.Truncate) != Effects.None
                ? "Use DELETE with a WHERE clause that names the rows."
                : "Add a WHERE clause that names the rows.";
        }
        if (rule.Match.Phi == true || !rule.Match.Tags.IsEmpty)
        {
            return "Leave the tagged columns out.";
        }
        return "Do not reword the command to get around the rule; ask an operator of the target to do it.";
    }
}
