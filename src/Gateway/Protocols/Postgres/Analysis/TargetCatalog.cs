using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>
/// What the gateway knows about one target database: relations and their tags, functions, operators, keyed by OID. Shared by all sessions of
/// the target; thread-safe.
/// </summary>
public sealed class TargetCatalog
{
    /// <summary>OIDs below this one belong to objects that initdb made.</summary>
    internal const uint FirstNormalOid = 16384;

    /// <summary>Most relations, functions and operators remembered each; beyond it the memory is emptied and read anew.</summary>
    private const int MaxObjects = 200_000;

    /// <summary>Age at which relation facts are read again: inheritance and foreign keys may have changed elsewhere.</summary>
    private static readonly TimeSpan RelationLifetime = TimeSpan.FromSeconds(60);

    /// <summary>Age up to which facts count as read for the analysis that asked for them.</summary>
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly DeclaredTags _tags;
    private readonly HashSet<(string Schema, string Table, string Column)> _declaredColumns;
    private readonly ConcurrentDictionary<uint, RelationFacts> _relations = new();
    private readonly FunctionTable _functions;
    private readonly ConcurrentDictionary<uint, OperatorFacts> _operators = new();
    private readonly TypeTable _types = new();
    private readonly WordSet _words = new();
    private int _loaded;
    private long _partitionKeysLoadedAt;
    private volatile bool _partitionKeysKnown;

    /// <param name="tagged">The columns declared as PHI.</param>
    /// <param name="functions">User functions the operator vouches for.</param>
    /// <param name="time">The clock facts age by.</param>
    public TargetCatalog(IEnumerable<TaggedColumn> tagged, IEnumerable<DeclaredFunction> functions, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(tagged);
        ArgumentNullException.ThrowIfNull(functions);
        _time = time ?? TimeProvider.System;
        var columns = tagged.ToArray();
        _tags = new DeclaredTags(columns);
        _declaredColumns = [.. columns.Select(column => (column.Schema, column.Table, column.Column))];
        _functions = new FunctionTable(functions);
        Bootstrap =
        [
            new CatalogQuery(CatalogFacts.Version, CatalogSql.Version),
            new CatalogQuery(CatalogFacts.Functions, FunctionSql.BuiltIn),
            new CatalogQuery(CatalogFacts.Operators, FunctionSql.BuiltInOperators),
            new CatalogQuery(CatalogFacts.SystemRelations, CatalogSql.SystemRelations),
            new CatalogQuery(CatalogFacts.Words, CatalogSql.Words),
            new CatalogQuery(CatalogFacts.Types, TypeSql.BuiltIn),
        ];
    }

    /// <summary>What to run and load once, in this order, before the first statement of the first session is analysed.</summary>
    public IReadOnlyList<CatalogQuery> Bootstrap { get; }

    /// <summary>Whether every bootstrap query was loaded. Until then every statement is unreadable.</summary>
    public bool IsReady => Volatile.Read(ref _loaded) == AllLoaded;

    /// <summary>The server's major version; 0 before the bootstrap.</summary>
    public int Major { get; private set; }

    internal bool PartitionKeysAreTagged { get; private set; }

    private static int AllLoaded => (1 << (int)CatalogFacts.Objects) - 1;

    /// <summary>The query that answers <paramref name="missing"/>; run it on the session whose statement needs it.</summary>
    public CatalogQuery QueryFor(MissingFacts missing)
    {
        ArgumentNullException.ThrowIfNull(missing);
        return new CatalogQuery(CatalogFacts.Objects, CatalogSql.Objects(missing), missing);
    }

    /// <summary>Takes the rows of <paramref name="query"/> in (text format, null for SQL NULL).</summary>
    public void Load(CatalogQuery query, IReadOnlyList<byte[]?[]> rows)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(rows);
        switch (query.Facts)
        {
            case CatalogFacts.Version:
                Major = int.Parse(Text(rows.Single(), 0), CultureInfo.InvariantCulture) / 10_000;
                break;
            case CatalogFacts.Words:
                LoadWords(rows);
                break;
            case CatalogFacts.Types:
                _types.Load(rows);
                break;
            default:
                LoadObjects(query, rows);
                break;
        }

        if (query.Facts != CatalogFacts.Objects)
        {
            Interlocked.Or(ref _loaded, 1 << (int)query.Facts);
        }
    }

    /// <summary>Forgets after DDL whatever can have changed; tags already seen stay with their OIDs.</summary>
    public void Invalidate()
    {
        ForgetOwn(_relations);
        ForgetOwn(_operators);
        _functions.Invalidate();
        _types.Invalidate();
    }

    /// <summary>
    /// Facts of a data type, or null when it was never read. The server's own types are known from the bootstrap on, the row types of its
    /// relations excepted; for others ask <see cref="MissingTypes"/> first.
    /// </summary>
    public TypeFacts? Type(uint oid) => _types.Find(oid);

    /// <summary>
    /// Those of <paramref name="oids"/> that have to be read, with what they are made of, before <see cref="Type"/> tells of them; null if all
    /// are known. Pass it to <see cref="QueryFor"/> and load the answer.
    /// </summary>
    public MissingFacts? MissingTypes(IEnumerable<uint> oids)
    {
        ArgumentNullException.ThrowIfNull(oids);
        var missing = oids.Distinct().Where(oid => !_types.IsKnown(oid)).ToArray();
        return missing.Length == 0 ? null : new MissingFacts([], [], []) { Types = [.. missing] };
    }

    /// <summary>Whether <paramref name="lowerCased"/> names a schema, relation, column, function or type of the target.</summary>
    public bool ContainsWord(ReadOnlySpan<byte> lowerCased) => _words.Contains(lowerCased);

    /// <summary>Facts of a relation, or null when they are not known or too old.</summary>
    internal RelationFacts? Relation(uint oid) =>
        _relations.TryGetValue(oid, out var facts) && (facts.IsSystem || _time.GetElapsedTime(facts.LoadedAt) < RelationLifetime) ? facts : null;

    /// <summary>Whether facts were read a moment ago: a difference to the dump is then the dump's own (views keep old names).</summary>
    internal bool IsFresh(RelationFacts facts) => _time.GetElapsedTime(facts.LoadedAt) < FreshFor;

    internal FunctionFacts? Function(uint oid) => _functions.Find(oid);

    internal OperatorFacts? Operator(uint oid) => _operators.TryGetValue(oid, out var facts) ? facts : null;

    internal bool PartitionKeysKnown => _partitionKeysKnown && _time.GetElapsedTime(Volatile.Read(ref _partitionKeysLoadedAt)) < FreshFor;

    /// <summary>Keeps the tags derived from a materialised view's definition.</summary>
    internal RelationFacts Derived(RelationFacts relation, TaggedSource?[] tags)
    {
        var derived = relation.Derive(tags);
        _relations[relation.Oid] = derived;
        return derived;
    }

    private static void Trim<T>(ConcurrentDictionary<uint, T> objects)
    {
        if (objects.Count > MaxObjects)
        {
            ForgetOwn(objects);
        }
    }

    private static void ForgetOwn<T>(ConcurrentDictionary<uint, T> objects)
    {
        foreach (var oid in objects.Keys)
        {
            if (oid >= FirstNormalOid)
            {
                objects.TryRemove(oid, out _);
            }
        }
    }

    private static string Text(byte[]?[] row, int column) => column < row.Length && row[column] is { } value ? Encoding.UTF8.GetString(value) : "";

    private static uint Oid(byte[]?[] row, int column) => uint.Parse(Text(row, column), CultureInfo.InvariantCulture);

    private void LoadWords(IReadOnlyList<byte[]?[]> rows)
    {
        foreach (var row in rows)
        {
            if (row[0] is { } word)
            {
                _words.Add(word);
            }
        }
    }

    private void LoadObjects(CatalogQuery query, IReadOnlyList<byte[]?[]> rows)
    {
        Trim(_relations);
        Trim(_operators);
        // The rows of one relation may come in any order; the relation itself is needed first.
        var relations = new Dictionary<uint, RelationRows>();
        foreach (var row in rows.Where(row => Text(row, 0) is "r"))
        {
            RelationRowReader.Add(relations, row);
        }

        foreach (var row in rows)
        {
            switch (Text(row, 0))
            {
                case "o":
                    _operators[Oid(row, 1)] = new OperatorFacts(Oid(row, 2), Text(row, 3) is "true");
                    break;
                case "r" or "p" or "t" or "ta" or "f" or "u":
                    break;
                default:
                    RelationRowReader.Add(relations, row);
                    break;
            }
        }

        _functions.Load(rows);
        if (query.Missing is { Types.Length: > 0 })
        {
            _types.Load(rows);
        }

        if (query.Missing is { PartitionKeys: true })
        {
            PartitionKeysAreTagged = rows.Any(row => Text(row, 0) is "p" && IsTaggedPartitionKey(row));
            Volatile.Write(ref _partitionKeysLoadedAt, _time.GetTimestamp());
            _partitionKeysKnown = true;
        }

        foreach (var relation in relations.Values)
        {
            Publish(relation);
        }
    }

    private bool IsTaggedPartitionKey(byte[]?[] row)
    {
        var (schema, table, column) = (Text(row, 1), Text(row, 2), Text(row, 3));
        return column.Length == 0
            ? _declaredColumns.Any(declared => declared.Schema == schema && declared.Table == table)
            : _declaredColumns.Contains((schema, table, column));
    }

    private void Publish(RelationRows rows)
    {
        var isSystem = rows.Oid < FirstNormalOid;
        var tags = isSystem ? SystemTags.Resolve(rows) : _tags.Resolve(rows);
        var facts = new RelationFacts
        {
            Oid = rows.Oid,
            Schema = rows.Schema,
            Name = rows.Name,
            Kind = rows.Kind,
            Columns = isSystem ? [] : rows.Columns,
            Definition = rows.Definition,
            LoadedAt = _time.GetTimestamp(),
        };
        _relations[rows.Oid] = facts.WithTags(tags, needsDerivation: rows.Kind == 'm' && !isSystem);
        _words.Add(Encoding.UTF8.GetBytes(rows.Name.ToLowerInvariant()));
        foreach (var column in rows.Columns)
        {
            _words.Add(Encoding.UTF8.GetBytes(column?.ToLowerInvariant() ?? ""));
        }
    }
}
