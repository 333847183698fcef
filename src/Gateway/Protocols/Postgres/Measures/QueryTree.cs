using System.Buffers.Text;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>
/// What a query tree, as the server prints it behind rules and defaults, says about what executing it would call. A text in it that only looks like a
/// call counts as one, so nothing can be hidden.
/// </summary>
internal static class QueryTree
{
    /// <summary>Nodes that do more than compute: they advance a sequence, run a domain's checks, or need a cursor of the session.</summary>
    private static readonly string[] Doers = ["{NEXTVALUEEXPR", "{COERCETODOMAIN", "{CURRENTOFEXPR"];

    /// <summary>The fields that name what is called.</summary>
    private static readonly string[] Calls = [":funcid ", ":opfuncid ", ":aggfnoid ", ":winfnoid "];

    /// <summary>Whether it holds a node whose effect cannot be told from the functions it calls.</summary>
    public static bool HasDoers(ReadOnlySpan<byte> tree)
    {
        foreach (var doer in Doers)
        {
            if (tree.IndexOf(Encoding.ASCII.GetBytes(doer)) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The OIDs of the functions, operators' functions, aggregates and window functions in it, each once; 0 where the server did not say which.</summary>
    public static IReadOnlyCollection<uint> Functions(ReadOnlySpan<byte> tree)
    {
        var functions = new HashSet<uint>();
        foreach (var call in Calls)
        {
            var name = Encoding.ASCII.GetBytes(call);
            var rest = tree;
            for (var at = rest.IndexOf(name); at >= 0; at = rest.IndexOf(name))
            {
                rest = rest[(at + name.Length)..];
                functions.Add(Utf8Parser.TryParse(rest, out uint oid, out _) ? oid : 0);
            }
        }

        return functions;
    }
}
