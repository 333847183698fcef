using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>
/// What kind of statement a text is, as far as its words alone tell. Whatever holds a query is not judged here: the query's range or
/// probe text goes to the server, and its resolved tree decides. Every range is relative to the classified text.
/// </summary>
internal abstract record StatementForm
{
    private StatementForm(CommandClass commandClass, Effects effects)
    {
        Class = commandClass;
        Effects = effects;
    }

    /// <summary>What the statement does at least; a query inside adds its own class.</summary>
    public CommandClass Class { get; }

    public Effects Effects { get; }

    /// <summary>Existing relations the statement names itself; those of an inner query are not among them.</summary>
    public IReadOnlyList<NamedRelation> Relations { get; init; } = [];

    /// <summary>Relations the statement is about to create.</summary>
    public IReadOnlyList<NamedRelation> Creates { get; init; } = [];

    /// <summary>Whether <see cref="Relations"/> are things a query can read: tables, views, sequences; not indexes or schemas.</summary>
    public bool AreReadable { get; init; } = true;

    /// <summary>Whether the server runs it only as the first thing of a transaction that is its own.</summary>
    public bool WantsOwnTransaction => this is Maintain or CreateIndex { IsConcurrent: true } or Drop { IsConcurrent: true };

    /// <summary>A query whose Parse resolves <see cref="Relations"/> under the session's search path, or null when there is nothing to resolve.
    /// Parse of it fails, and so aborts an open transaction, when one of them does not exist: <c>to_regclass</c> of <see cref="NamedRelation.Sql"/> does not.</summary>
    public virtual string? ProbeText => Relations.Count == 0 || !AreReadable
        ? null
        : "SELECT FROM " + string.Join(", ", Relations.Select((relation, index) => $"ONLY {relation.Sql} AS r{index + 1}"));

    /// <summary>No statement at all: white space and comments.</summary>
    public sealed record Empty() : StatementForm(CommandClass.Session, Effects.None);

    /// <summary>A query or DML statement: only the server's tree says what it is.</summary>
    public sealed record Analysed() : StatementForm(CommandClass.Read, Effects.None);

    /// <param name="Action">What it does.</param>
    /// <param name="Savepoint">The savepoint it names.</param>
    /// <param name="Chains">AND CHAIN: a new transaction begins at once.</param>
    public sealed record Transaction(TransactionAction Action, string? Savepoint = null, bool Chains = false) : StatementForm(CommandClass.Session, Effects.None);

    /// <summary>SET TRANSACTION, SET SESSION CHARACTERISTICS and SET CONSTRAINTS.</summary>
    public sealed record SetTransaction() : StatementForm(CommandClass.Session, Effects.None);

    /// <param name="Inner">The explained statement, always an <see cref="Analysed"/> one.</param>
    /// <param name="Analyze">Whether it is executed as well.</param>
    public sealed record Explain(TextRange Inner, bool Analyze) : StatementForm(CommandClass.Read, Effects.Explain);

    public sealed record Declare(string Cursor, TextRange Inner, bool WithHold, bool Binary) : StatementForm(CommandClass.Read, Effects.None);

    /// <summary>FETCH, or MOVE when nothing comes back.</summary>
    public sealed record Fetch(string Cursor, bool IsMove) : StatementForm(CommandClass.Read, Effects.None);

    /// <param name="Cursor">Null for ALL.</param>
    public sealed record Close(string? Cursor) : StatementForm(CommandClass.Session, Effects.None);

    /// <param name="Inner">The prepared statement, always an <see cref="Analysed"/> one.</param>
    /// <param name="InnerProbe">The same statement with declared parameter types written as casts, so that its Parse resolves as PREPARE would.</param>
    public sealed record Prepare(string Name, TextRange Inner, string InnerProbe) : StatementForm(CommandClass.Read, Effects.None);

    /// <summary>EXECUTE with nothing but constants and protocol parameters as arguments.</summary>
    public sealed record Execute(string Name) : StatementForm(CommandClass.Read, Effects.None);

    /// <param name="Name">Null for ALL.</param>
    public sealed record Deallocate(string? Name) : StatementForm(CommandClass.Session, Effects.None);

    public sealed record Discard(DiscardScope Scope) : StatementForm(CommandClass.Session, Effects.None);

    /// <summary>COPY to or from the client.</summary>
    /// <param name="Direction">Where to.</param>
    /// <param name="Settings">What its options say.</param>
    /// <param name="Query">The copied query, or null when a table is copied.</param>
    /// <param name="Probe">The SELECT whose tree has the columns that are copied.</param>
    public sealed record Copy(CopyDirection Direction, CopySettings Settings, TextRange? Query, string Probe)
        : StatementForm(Direction == CopyDirection.In ? CommandClass.Write : CommandClass.Read, Direction == CopyDirection.In ? Effects.CopyIn : Effects.CopyOut)
    {
        public CopyFormat Format => Settings.Format;

        /// <summary>The listed columns of a table; empty for all.</summary>
        public IReadOnlyList<string> Columns { get; init; } = [];

        /// <summary>All that stands behind STDIN or STDOUT.</summary>
        public TextRange Options { get; init; }

        /// <summary>COPY BINARY table.</summary>
        public bool IsBinaryAhead { get; init; }

        public override string ProbeText => Probe;
    }

    /// <summary>SET of an allowed parameter to constants.</summary>
    /// <param name="Name">Lower case.</param>
    /// <param name="Values">The constants, or empty for DEFAULT.</param>
    public sealed record Set(string Name, IReadOnlyList<string> Values, bool IsLocal) : StatementForm(CommandClass.Session, Effects.None);

    /// <summary>SET or RESET of <c>client_min_messages</c>, which the gateway keeps and filters by itself: never forwarded.</summary>
    /// <param name="Level">Lower-case level from <c>notice</c> to <c>error</c>, or null for the default.</param>
    public sealed record SetClientMinMessages(string? Level, bool IsLocal) : StatementForm(CommandClass.Session, Effects.None);

    /// <param name="Name">Lower case, or null for ALL. Safe: what the gateway pins, it pins as start-up values.</param>
    public sealed record Reset(string? Name) : StatementForm(CommandClass.Session, Effects.None);

    /// <param name="Name">Lower case, or null for ALL.</param>
    public sealed record Show(string? Name) : StatementForm(CommandClass.Session, Effects.None);

    public sealed record Listen(string Channel) : StatementForm(CommandClass.Session, Effects.None);

    /// <param name="Channel">Null for all channels.</param>
    public sealed record Unlisten(string? Channel) : StatementForm(CommandClass.Session, Effects.None);

    public sealed record Notify(string Channel, string Payload) : StatementForm(CommandClass.Session, Effects.Notify);

    /// <param name="IsShared">ACCESS SHARE, ROW SHARE: the locks plain reading takes.</param>
    public sealed record Lock(bool IsShared) : StatementForm(IsShared ? CommandClass.Read : CommandClass.Write, Effects.Lock);

    /// <summary>VACUUM and ANALYZE; of the whole database when there are no relations.</summary>
    public sealed record Maintain() : StatementForm(CommandClass.Ddl, Effects.Maintenance);

    public sealed record Truncate() : StatementForm(CommandClass.Write, Effects.Truncate);

    /// <summary>DROP of tables, views, indexes, sequences or schemas. A dropped schema is a relation with an empty name.</summary>
    public sealed record Drop(string ObjectKind, bool IsConcurrent = false) : StatementForm(CommandClass.Ddl, Effects.Drop);

    /// <summary>CREATE TABLE of plain columns and keys; tables it references or is LIKE are its <see cref="Relations"/>.</summary>
    public sealed record CreateTable(bool IsTemporary) : StatementForm(CommandClass.Ddl, Effects.Create);

    public sealed record CreateTableAs(TextRange Inner, bool IsTemporary) : StatementForm(CommandClass.Ddl, Effects.Create);

    public sealed record CreateView(TextRange Inner, bool IsTemporary, bool Replaces) : StatementForm(CommandClass.Ddl, Effects.Create);

    /// <summary>An index over plain columns of its one relation.</summary>
    /// <param name="IsUnique">UNIQUE.</param>
    /// <param name="IsConcurrent">CONCURRENTLY.</param>
    public sealed record CreateIndex(bool IsUnique, bool IsConcurrent = false) : StatementForm(CommandClass.Ddl, Effects.Create);

    public sealed record CreateSequence(bool IsTemporary) : StatementForm(CommandClass.Ddl, Effects.Create);

    public sealed record CreateSchema(string Schema) : StatementForm(CommandClass.Ddl, Effects.Create);

    /// <param name="OnlyAddsColumns">Nothing but ADD COLUMN: all that is allowed on a tagged table.</param>
    /// <param name="Sensitive">Renames, moves, retypes or drops something a tag may hang on.</param>
    public sealed record AlterTable(bool OnlyAddsColumns, bool Sensitive) : StatementForm(CommandClass.Ddl, Effects.Alter);

    public sealed record AlterSequence() : StatementForm(CommandClass.Ddl, Effects.Alter);

    public sealed record Comment() : StatementForm(CommandClass.Ddl, Effects.Comment);

    /// <summary>A statement the gateway never forwards.</summary>
    /// <param name="Keyword">The command's own words, e.g. <c>CREATE FUNCTION</c>.</param>
    /// <param name="Rule">Short stable id in kebab case, e.g. <c>statement-kind</c>.</param>
    /// <param name="Reason">One sentence; holds nothing of the statement but its keywords.</param>
    /// <param name="Remedy">One sentence: what to do instead.</param>
    public sealed record Refused(CommandClass Of, Effects With, string Keyword, string Rule, string Reason, string Remedy) : StatementForm(Of, With);

    /// <summary>Nothing the classifier can read. Forward Parse only, so that the server's own syntax error comes back; without one, deny.</summary>
    /// <param name="Rule">Short stable id.</param>
    /// <param name="Reason">One sentence for the denial.</param>
    public sealed record SyntaxProbe(string Rule, string Reason) : StatementForm(CommandClass.Admin, Effects.None);
}

internal enum TransactionAction
{
    Begin,
    Commit,
    Rollback,
    Savepoint,
    Release,
    RollbackTo,
}

internal enum DiscardScope
{
    All,
    Plans,
    Sequences,
    Temporary,
}

internal enum CopyDirection
{
    In,
    Out,
}

internal enum CopyFormat
{
    Text,
    Csv,
    Binary,
}
