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

    /// <summary>
    /// How long after a look that found nothing changed the facts stand. Past it, where nobody can look, facts count only for the analysis
    /// that read them.
    /// </summary>
    private static readonly TimeSpan ConfirmedFor = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private DeclaredTags _tags;
    private HashSet<(string Schema, string Table, string Column)> _declaredColumns;
    private readonly ConcurrentDictionary<uint, RelationFacts> _relations = new();
    private readonly FunctionTable _functions;
    private readonly ConcurrentDictionary<uint, OperatorFacts> _operators = new();
    private readonly Lock _gate = new();
    private readonly HashSet<(uint Relation, string Column)> _drifted = [];
    private readonly TypeTable _types = new();
    private readonly WordSet _words = new();
    private int _loaded;
    private long _generation;
    private int _declaration;
    private long _confirmedAt = long.MinValue;
    private long _partitionKeysReadAt = long.MinValue;

    /// <param name="tagged">The columns declared as PHI.</param>
    /// <param name="functions">User functions the operator vouches for.</param>
    /// <param name="time">The clock facts age by.</param>
    /// <param name="clean">Columns declared free of PHI.</param>
    public TargetCatalog(
        IEnumerable<TaggedColumn> tagged, IEnumerable<DeclaredFunction> functions, TimeProvider? time = null, IEnumerable<PhiColumn>? clean = null)
    {
        ArgumentNullException.ThrowIfNull(tagged);
        ArgumentNullException.ThrowIfNull(functions);
        _time = time ?? TimeProvider.System;
        var columns = tagged.ToArray();
        _tags = new DeclaredTags(columns, clean ?? [], Columns);
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

    /// <summary>The columns of tagged tables as they were first seen.</summary>
    internal ColumnMemory Columns { get; } = new();

    /// <summary>Keeps <see cref="Columns"/> over restarts; null where nothing is kept.</summary>
    internal ColumnKeeper? Keeper { get; init; }

    /// <summary>Told of each relation that lacks a declared column, with the column, once.</summary>
    internal Action<string, string>? DriftFound { get; init; }

    /// <summary>What to run and load once, in this order, before the first statement of the first session is analysed.</summary>
    public IReadOnlyList<CatalogQuery> Bootstrap { get; }

    /// <summary>Whether every bootstrap query was loaded. Until then every statement is unreadable.</summary>
    public bool IsReady => Volatile.Read(ref _loaded) == AllLoaded;

    /// <summary>The server's major version; 0 before the bootstrap.</summary>
    public int Major { get; private set; }

    internal bool PartitionKeysAreTagged { get; private set; }

    /// <summary>Counts the changes of the target's schema that were noticed.</summary>
    internal long Generation => Volatile.Read(ref _generation);

    /// <summary>Counts how often <see cref="Redeclare"/> was called.</summary>
    internal int Declaration => Volatile.Read(ref _declaration);

    private bool IsConfirmed => Volatile.Read(ref _confirmedAt) is var at and not long.MinValue && _time.GetElapsedTime(at) < ConfirmedFor;

    private static int AllLoaded => (1 << (int)CatalogFacts.Objects) - 1;

    /// <summary>The query that answers <paramref name="missing"/>; run it on the session whose statement needs it.</summary>
    public CatalogQuery QueryFor(MissingFacts missing)
    {
        ArgumentNullException.ThrowIfNull(missing);
        return new CatalogQuery(CatalogFacts.Objects, CatalogSql.Objects(missing), missing) { Stamp = Stamp() };
    }

    /// <summary>
    /// Takes the rows of <paramref name="query"/> in (text format, null for SQL NULL). Facts that a change of schema may have overtaken on
    /// their way are dropped; the analysis will ask for them again.
    /// </summary>
    public void Load(CatalogQuery query, IReadOnlyList<byte[]?[]> rows)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(rows);
        lock (_gate)
        {
            if (query.Facts != CatalogFacts.Objects || query.Stamp.Generation == _generation)
            {
                LoadFacts(query, rows);
            }
        }
    }

    private void LoadFacts(CatalogQuery query, IReadOnlyList<byte[]?[]> rows)
    {
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
        lock (_gate)
        {
            Forget();
        }
    }

    /// <summary>
    /// Declares the target's columns and functions anew. What was understood before counts as out of date at once, as after DDL; what was kept
    /// of a result's columns, by cursors and portals, is told by <see cref="Declaration"/>.
    /// </summary>
    /// <param name="tagged">The columns declared as PHI.</param>
    /// <param name="functions">User functions the operator vouches for.</param>
    /// <param name="clean">Columns declared free of PHI.</param>
    public void Redeclare(IEnumerable<TaggedColumn> tagged, IEnumerable<DeclaredFunction> functions, IEnumerable<PhiColumn> clean)
    {
        ArgumentNullException.ThrowIfNull(tagged);
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentNullException.ThrowIfNull(clean);
        var columns = tagged.ToArray();
        var tags = new DeclaredTags(columns, clean, Columns);
        lock (_gate)
        {
            _tags = tags;
            _declaredColumns = [.. columns.Select(column => (column.Schema, column.Table, column.Column))];
            _functions.Redeclare(functions);
            _drifted.Clear();
            Interlocked.Increment(ref _declaration);
            Forget();
        }
    }

    private void Forget()
    {
        Interlocked.Increment(ref _generation);
        ForgetOwn(_relations);
        ForgetOwn(_operators);
        _functions.Invalidate();
        _types.Invalidate();
        _partitionKeysReadAt = long.MinValue;
    }

    /// <summary>A point in time to hand to <see cref="StatementAnalyzer.Analyze(ReadOnlySpan{byte}, TargetCatalog, long)"/>, taken when the server has parsed the statement.</summary>
    public long Mark() => _time.GetTimestamp();

    internal long MarkBefore(TimeSpan age) => _time.GetTimestamp() - (long)(age.TotalSeconds * _time.TimestampFrequency);

    /// <summary>Somebody looked at the target's schema, beginning at <paramref name="mark"/>, and found it as all facts say, or has called <see cref="Invalidate"/>.</summary>
    internal void Confirm(long mark) => Volatile.Write(ref _confirmedAt, mark);

    /// <summary>The state facts are read in now.</summary>
    internal CatalogStamp Stamp() => new(Generation, Mark(), Declaration);

    /// <summary>Whether what was understood at <paramref name="stamp"/> needs no second look: nobody has changed the schema since, as far as is known within a second.</summary>
    internal bool IsCurrent(CatalogStamp stamp) => stamp.Generation == Generation && IsConfirmed;

    /// <inheritdoc cref="WatchSql.Fingerprint"/>
    internal static string Fingerprint(string snapshot) => WatchSql.Fingerprint(snapshot);

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

    /// <summary>Facts of a relation, or null when they are not known, or neither confirmed nor read after <paramref name="since"/>.</summary>
    internal RelationFacts? Relation(uint oid, long since) =>
        _relations.TryGetValue(oid, out var facts) && (facts.IsSystem || Holds(facts.ReadAt, since)) ? facts : null;

    /// <summary>
    /// Facts of a function, or null. Own functions are read for every statement: nothing in a tree tells that a body was replaced a moment ago.
    /// </summary>
    internal FunctionFacts? Function(uint oid, long since) =>
        _functions.Find(oid) is { } facts && (!facts.IsOwn || facts.ReadAt >= since) ? facts : null;

    internal OperatorFacts? Operator(uint oid, long since) =>
        _operators.TryGetValue(oid, out var facts) && (oid < FirstNormalOid || Holds(facts.ReadAt, since)) ? facts : null;

    internal bool KnowsPartitionKeys(long since) => Volatile.Read(ref _partitionKeysReadAt) is var at and not long.MinValue && Holds(at, since);

    private bool Holds(long readAt, long since) => readAt >= since || IsConfirmed;

    /// <summary>Keeps the tags derived from a materialised view's definition.</summary>
    internal RelationFacts Derived(RelationFacts relation, TaggedSource?[] tags)
    {
        var derived = relation.Derive(tags);
        _relations.TryUpdate(relation.Oid, derived, relation);
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
                    _operators[Oid(row, 1)] = new OperatorFacts(Oid(row, 2), Text(row, 3) is "true") { ReadAt = query.Stamp.At };
                    break;
                case "r" or "p" or "t" or "ta" or "f" or "u":
                    break;
                default:
                    RelationRowReader.Add(relations, row);
                    break;
            }
        }

        _functions.Load(rows, query.Stamp.At);
        if (query.Missing is { Types.Length: > 0 })
        {
            _types.Load(rows);
        }

        if (query.Missing is { PartitionKeys: true })
        {
            PartitionKeysAreTagged = rows.Any(row => Text(row, 0) is "p" && IsTaggedPartitionKey(row));
            Volatile.Write(ref _partitionKeysReadAt, query.Stamp.At);
        }

        foreach (var relation in relations.Values)
        {
            Publish(relation, query.Stamp.At);
        }
    }

    private bool IsTaggedPartitionKey(byte[]?[] row)
    {
        var (schema, table, column) = (Text(row, 1), Text(row, 2), Text(row, 3));
        return column.Length == 0
            ? _declaredColumns.Any(declared => declared.Schema == schema && declared.Table == table)
            : _declaredColumns.Contains((schema, table, column));
    }

    private void Publish(RelationRows rows, long readAt)
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
            ReadAt = readAt,
        };
        _relations[rows.Oid] = facts.WithTags(tags, needsDerivation: rows.Kind == 'm' && !isSystem);
        if (rows.MissingColumn is { } missing && _drifted.Add((rows.Oid, missing)))
        {
            DriftFound?.Invoke(facts.FullName, missing);
        }

        _words.Add(Encoding.UTF8.GetBytes(rows.Name.ToLowerInvariant()));
        foreach (var column in rows.Columns)
        {
            _words.Add(Encoding.UTF8.GetBytes(column?.ToLowerInvariant() ?? ""));
        }
    }
}
