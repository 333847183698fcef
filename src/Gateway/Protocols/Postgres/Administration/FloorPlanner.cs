using System.Globalization;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>
/// Turns the catalogue's facts into the statements that make a role the floor: all the mirrored role may do with what holds no PHI, and
/// nothing with what does. Only what is missing; so a second plan is empty.
/// </summary>
internal sealed class FloorPlanner
{
    private static readonly (char Letter, string Right)[] Rights = [('r', "SELECT"), ('a', "INSERT"), ('w', "UPDATE"), ('d', "DELETE"), ('U', "USAGE")];

    private readonly FloorFacts _facts;
    private readonly FloorLevel _level;
    private readonly string _role;
    private readonly string _others;
    private readonly ILookup<uint, ColumnRights> _columns;
    private readonly List<FloorStatement> _statements = [];
    private readonly List<string> _notes = [];

    private FloorPlanner(FloorFacts facts, FloorLevel level)
    {
        _facts = facts;
        _level = level;
        _role = SqlQuoting.Name(facts.Role);
        _others = SqlQuoting.Names(facts.Others);
        _columns = facts.Columns.ToLookup(static column => column.Relation);
    }

    public static FloorPlan Plan(FloorFacts facts, FloorLevel level) => new FloorPlanner(facts, level).Plan();

    private FloorPlan Plan()
    {
        Role();
        Schemas();
        foreach (var relation in _facts.Relations)
        {
            if (relation.HoldsPhi)
            {
                Protected(relation);
            }
            else if (relation.DependsOnPhi)
            {
                Withheld(relation);
            }
            else
            {
                Open(relation);
            }
        }

        if (_level == FloorLevel.Full)
        {
            Reaching();
        }

        foreach (var missing in _facts.Missing)
        {
            _notes.Add($"The configuration protects {missing}, which is not there: correct phi, or the floor protects less than you think.");
        }

        if (_statements.Any(static statement => statement.Sql.Contains(" FROM PUBLIC", StringComparison.Ordinal)))
        {
            _notes.Add("What is taken from PUBLIC is granted by name to every role there is today; a role made later needs its own grant.");
        }

        return new FloorPlan(_facts.Role, _facts.Database, _statements, _notes, _facts.Columns.Count(static column => column.IsTagged));
    }

    private void Role()
    {
        if (_facts.Existing is not { } existing)
        {
            var create = $"CREATE ROLE {_role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";
            Add(
                $"DO {SqlQuoting.Text($"BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {SqlQuoting.Text(_facts.Role)}) THEN {create}; END IF; END")}",
                "the role, if it is not there");
            _notes.Add($"The role has no password yet. Set one without writing it into a log, e.g. with \\password {_role} in psql.");
        }
        else if (existing.Flaws.Count > 0 || !existing.CanLogin)
        {
            Add($"ALTER ROLE {_role} LOGIN {string.Join(' ', existing.Flaws)}".TrimEnd(), "no attribute that goes past rights");
        }

        foreach (var group in _facts.Existing?.MemberOf ?? [])
        {
            Add($"REVOKE {SqlQuoting.Name(group)} FROM {_role}", "no rights by membership");
        }

        if (_facts.Existing is not { HidesDumps: true })
        {
            Add($"ALTER ROLE {_role} SET log_min_messages = fatal", "query trees hold literals and must not reach the server's log; needs a superuser");
        }

        if (!_facts.MayConnect)
        {
            Add($"GRANT CONNECT ON DATABASE {SqlQuoting.Name(_facts.Database)} TO {_role}", "to sign in");
        }
    }

    private void Schemas()
    {
        foreach (var schema in _facts.Schemas)
        {
            var name = SqlQuoting.Name(schema.Name);
            if (schema.RoleCreates)
            {
                Add($"REVOKE CREATE ON SCHEMA {name} FROM {_role}", "nothing of its own making");
            }

            if (schema.PublicCreates && _level == FloorLevel.Full)
            {
                FromPublic("CREATE", $"SCHEMA {name}", "nothing of its own making");
            }

            if (schema is { SourceUses: true, RoleUses: false })
            {
                Add($"GRANT USAGE ON SCHEMA {name} TO {_role}", "to name what is in it");
            }
        }
    }

    /// <summary>A relation with tagged columns: the others by name, the whole of it by nobody.</summary>
    private void Protected(RelationRights relation)
    {
        var columns = _columns[relation.Oid].ToList();
        if (!IsMendable(relation))
        {
            return;
        }

        var openTable = relation.Public.Where(static letter => letter is not 'x').ToArray();
        if (openTable.Length > 0)
        {
            FromPublic(string.Join(", ", openTable.Select(NameOf)), $"TABLE {relation.Sql}", "holds PHI, and was open to everybody");
        }

        foreach (var column in columns.Where(static column => column is { IsTagged: true, Public.Length: > 0 }))
        {
            FromPublic($"{string.Join(", ", column.Public.Where(static l => l != 'x').Select(l => $"{NameOf(l)} ({SqlQuoting.Name(column.Name)})"))}", $"TABLE {relation.Sql}", "PHI that was open to everybody");
        }

        // DELETE names no column; every other right on the whole table reaches the tagged ones.
        var whole = relation.Direct.Any(static letter => letter is not 'd');
        if (whole)
        {
            Add($"REVOKE ALL ON TABLE {relation.Sql} FROM {_role}", "holds PHI");
        }

        foreach (var column in columns.Where(column => column is { IsTagged: true, Direct.Length: > 0 } && !whole))
        {
            Add($"REVOKE ALL ({SqlQuoting.Name(column.Name)}) ON TABLE {relation.Sql} FROM {_role}", "PHI");
        }

        // A revoke on the table takes the rights on its columns along.
        var lost = whole || openTable.Length > 0;
        foreach (var letter in "raw")
        {
            var clean = columns.Where(column => !column.IsTagged && column.Source.Contains(letter, StringComparison.Ordinal)).ToList();
            if (clean.Count > 0 && clean.Exists(column => lost || !column.Effective.Contains(letter, StringComparison.Ordinal)))
            {
                Add(
                    $"GRANT {NameOf(letter)} ({SqlQuoting.Names(clean.Select(static column => column.Name))}) ON TABLE {relation.Sql} TO {_role}",
                    string.Create(CultureInfo.InvariantCulture, $"{clean.Count} of {columns.Count} columns hold no PHI"));
            }
        }

        if (relation.Source.Contains('d', StringComparison.Ordinal) && (lost || !relation.Effective.Contains('d', StringComparison.Ordinal)))
        {
            Add($"GRANT DELETE ON TABLE {relation.Sql} TO {_role}", "rows go whole, and nothing is read");
        }
    }

    /// <summary>A view or materialised view built on PHI shows it with its owner's rights, whatever the reader may.</summary>
    private void Withheld(RelationRights relation)
    {
        if (!IsMendable(relation))
        {
            return;
        }

        if (relation.Public.Length > 0)
        {
            FromPublic(string.Join(", ", relation.Public.Where(static l => l != 'x').Select(NameOf)), $"TABLE {relation.Sql}", "is built on PHI, and was open to everybody");
        }

        if (relation.Direct.Length > 0)
        {
            Add($"REVOKE ALL ON TABLE {relation.Sql} FROM {_role}", "is built on PHI");
        }
    }

    /// <summary>Whatever the mirrored role may do with what holds no PHI.</summary>
    private void Open(RelationRights relation)
    {
        var wanted = relation.Source.Where(letter => !relation.Effective.Contains(letter, StringComparison.Ordinal)).Select(NameOf).ToList();
        if (wanted.Count > 0)
        {
            Add($"GRANT {string.Join(", ", wanted)} ON {(relation.Kind == 'S' ? "SEQUENCE" : "TABLE")} {relation.Sql} TO {_role}", "holds no PHI");
        }
    }

    private void Reaching()
    {
        foreach (var routine in _facts.Routines)
        {
            if (routine.Public)
            {
                FromPublic("EXECUTE", $"ROUTINE {routine.Signature}", routine.Reason);
            }

            if (routine.Direct)
            {
                Add($"REVOKE EXECUTE ON ROUTINE {routine.Signature} FROM {_role}", routine.Reason);
            }
        }

        foreach (var server in _facts.Servers)
        {
            var name = SqlQuoting.Name(server.Name);
            if (server.Public)
            {
                FromPublic("USAGE", $"FOREIGN SERVER {name}", "reaches another database");
            }

            if (server.Direct)
            {
                Add($"REVOKE USAGE ON FOREIGN SERVER {name} FROM {_role}", "reaches another database");
            }
        }
    }

    private bool IsMendable(RelationRights relation)
    {
        if (!relation.Owned)
        {
            return true;
        }

        _notes.Add($"{_facts.Role} owns {relation.Sql}, which {(relation.HoldsPhi ? "holds" : "is built on")} PHI: give it to another role first (ALTER TABLE ... OWNER TO ...).");
        return false;
    }

    /// <summary>What everybody had stays with everybody who is there, except the floor role.</summary>
    private void FromPublic(string rights, string what, string reason)
    {
        Add($"REVOKE {rights} ON {what} FROM PUBLIC", reason);
        if (_others.Length > 0)
        {
            Add($"GRANT {rights} ON {what} TO {_others}", "other roles keep it");
        }
    }

    private void Add(string sql, string reason) => _statements.Add(new FloorStatement(sql, reason));

    private static string NameOf(char letter) => Array.Find(Rights, right => right.Letter == letter).Right;
}
