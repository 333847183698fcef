using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>The rights that some grants come to in a database: what it lets a session do even where the gateway would fail.</summary>
/// <param name="Fingerprint">SHA-256 of them, in lower-case hexadecimal.</param>
/// <param name="Grants">Each as in <c>GRANT ... TO</c>, without either end.</param>
internal sealed record RoleScope(string Fingerprint, IReadOnlyList<string> Grants)
{
    /// <summary>Most relations of one statement; longer lists are cut into several.</summary>
    private const int MaxRelationsPerGrant = 500;

    private static readonly (char Letter, string Right)[] Rights = [('r', "SELECT"), ('a', "INSERT"), ('w', "UPDATE"), ('d', "DELETE"), ('U', "USAGE")];

    /// <param name="grants">The grants of one session.</param>
    /// <param name="schemas">The database's schemas.</param>
    /// <param name="relations">Its relations, in any order.</param>
    /// <param name="columns">The columns of every relation of which a grant keeps one closed.</param>
    public static RoleScope Of(
        IReadOnlyList<ScopeGrant> grants,
        IReadOnlyList<ScopeSchema> schemas,
        IReadOnlyList<ScopeRelation> relations,
        ILookup<(string Schema, string Table), string> columns)
    {
        var statements = new List<string>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        var whole = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var relation in relations)
        {
            var owner = relation.OwnerTable.Length > 0 ? relation.OwnerTable : relation.Name;
            var covering = grants.Where(grant => grant.Reaches(relation.Schema, owner)).ToList();
            var letters = Held(covering.SelectMany(grant => grant.Letters(relation.IsSequence)), relation.Grantable);
            if (letters.Length == 0)
            {
                continue;
            }

            used.Add(relation.Schema);
            var name = SqlQuoting.Name(relation.Schema, relation.Name);
            if (columns.Contains((relation.Schema, relation.Name)))
            {
                statements.AddRange(OfColumns(covering, relation, name, columns[(relation.Schema, relation.Name)]));
                continue;
            }

            var key = $"{RightsOf(letters)} ON {(relation.IsSequence ? "SEQUENCE" : "TABLE")} ";
            if (!whole.TryGetValue(key, out var names))
            {
                whole.Add(key, names = []);
            }

            names.Add(name);
        }

        foreach (var (rights, names) in whole)
        {
            names.Sort(StringComparer.Ordinal);
            statements.AddRange(names.Chunk(MaxRelationsPerGrant).Select(chunk => rights + string.Join(", ", chunk)));
        }

        statements.AddRange(OfSchemas(grants, schemas, used));
        statements.Sort(StringComparer.Ordinal);
        return new RoleScope(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', statements)))), statements);
    }

    private static IEnumerable<string> OfSchemas(IReadOnlyList<ScopeGrant> grants, IReadOnlyList<ScopeSchema> schemas, HashSet<string> used)
    {
        foreach (var schema in schemas)
        {
            var defines = schema.CreateGrantable && grants.Any(grant => grant.MayDefine && grant.OpensWhole(schema.Name));
            if (schema.UsageGrantable && (used.Contains(schema.Name) || defines))
            {
                yield return $"USAGE ON SCHEMA {SqlQuoting.Name(schema.Name)}";
            }

            if (defines)
            {
                yield return $"CREATE ON SCHEMA {SqlQuoting.Name(schema.Name)}";
            }
        }
    }

    /// <summary>Rights by column; DELETE has no columns, and shows none.</summary>
    private static IEnumerable<string> OfColumns(List<ScopeGrant> covering, ScopeRelation relation, string name, IEnumerable<string> columns)
    {
        var byRight = columns
            .SelectMany(column => Held(
                covering.Where(grant => !grant.Never.Contains(new ColumnName(relation.Schema, relation.Name, column))).SelectMany(static grant => grant.Letters(isSequence: false)),
                relation.Grantable).Where(static letter => letter != 'd').Select(letter => (Letter: letter, Column: column)))
            .GroupBy(static pair => pair.Letter);
        foreach (var right in byRight)
        {
            yield return $"{RightsOf([right.Key])} ({string.Join(", ", right.Select(static pair => SqlQuoting.Name(pair.Column)).Order(StringComparer.Ordinal))}) ON TABLE {name}";
        }

        if (Held(covering.SelectMany(static grant => grant.Letters(isSequence: false)), relation.Grantable).Contains('d', StringComparison.Ordinal))
        {
            yield return $"DELETE ON TABLE {name}";
        }
    }

    private static string Held(IEnumerable<char> wanted, string grantable)
    {
        var set = wanted.ToHashSet();
        return string.Concat(Rights.Where(right => set.Contains(right.Letter) && grantable.Contains(right.Letter, StringComparison.Ordinal)).Select(static right => right.Letter));
    }

    private static string RightsOf(ReadOnlySpan<char> letters)
    {
        var names = new List<string>();
        foreach (var (letter, right) in Rights)
        {
            if (letters.Contains(letter))
            {
                names.Add(right);
            }
        }

        return string.Join(", ", names);
    }
}
