using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// Tags of the columns of materialised views (and of views inside their definitions), by the lineage of the stored query. Its conditions and
/// side effects are the owner's and are not judged.
/// </summary>
internal static class StoredQueries
{
    public static RelationFacts WithDerivedTags(LineageRun run, RelationFacts facts)
    {
        if (facts.Kind is not ('m' or 'v') || facts.IsSystem || (facts.Kind == 'm' && !facts.NeedsDerivation) || facts.Definition is null)
        {
            return facts;
        }

        if (run.DefinitionDepth >= LineageRun.MaxDefinitionDepth)
        {
            throw new TreeFormatException("views are nested too deeply");
        }

        using var tree = NodeReader.Read(facts.Definition, run.Tree.Shapes);
        var definition = new LineageRun(tree, run.Catalog, run.Since, run.DefinitionDepth + 1);
        var outputs = new List<Taint>();
        foreach (var query in tree.Items(0))
        {
            outputs.AddRange(definition.Queries.Analyze(query, parent: null));
        }

        if (definition.IsMissingFacts)
        {
            run.AdoptMissing(definition);
            return facts;
        }

        return run.Catalog.Derived(facts, [.. outputs.Select((output, i) => Tag(facts, i, output))]);
    }

    private static TaggedSource? Tag(RelationFacts facts, int position, Taint output)
    {
        if (!output.IsTainted)
        {
            return null;
        }

        var column = position < facts.Columns.Length ? facts.Columns[position] ?? "" : "";
        return output.IsIdentity
            ? new TaggedSource(facts.Schema, facts.Name, column, output.Source!.Tag, output.Source.MaskIsConstant, output.Source.Predicates)
            : new TaggedSource(facts.Schema, facts.Name, column, ReservedTags.Derived, maskIsConstant: false, output.Source!.Predicates);
    }
}
