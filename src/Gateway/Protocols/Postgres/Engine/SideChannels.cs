using System.Collections.Immutable;
using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What a session knows to decide which texts beside rows may go to the client: errors, notices, notifications, reports of settings.</summary>
/// <param name="watch">Where failures are counted.</param>
/// <param name="notifications">The payloads the target's sessions have sent as constants.</param>
/// <param name="process">The id of the session's process at the server; 0 when the server did not say, and then no payload is delivered.</param>
/// <param name="parameters">The settings this session has predicted.</param>
/// <param name="isTagged">Whether a relation (schema, name) has tagged columns.</param>
internal sealed class SideChannels(
    InferenceWatch watch, NotificationFilter notifications, int process, PredictedParameters parameters, Func<string, string, bool> isTagged)
{
    // What an error message cites as a relation a cascade has reached: ON "schema"."table", UPDATE ONLY "schema"."table".
    private const int MaxCitations = 100;

    /// <summary>Takes in what the statement says in constants before it goes to the server.</summary>
    public void Sending(ServerStatement statement)
    {
        parameters.Expect(statement);
        if (statement.Form is StatementForm.Notify notify)
        {
            notifications.Remember(process, Encoding.UTF8.GetBytes(notify.Channel), Encoding.UTF8.GetBytes(notify.Payload));
        }

        foreach (var call in (statement.Analysis ?? statement.Inner)?.NotifyCalls ?? [])
        {
            notifications.Remember(process, Encoding.UTF8.GetBytes(call.Channel), Encoding.UTF8.GetBytes(call.Payload));
        }
    }

    /// <inheritdoc cref="InferenceWatch.Ended"/>
    public void Ended(ImmutableArray<string> equalityColumns, long rows) => watch.Ended(equalityColumns, rows);

    /// <summary>Most rows one statement that touches tagged tables may return; 0 for any number.</summary>
    public int RowLimit => watch.Policy.Rows;

    /// <param name="body">The body of a ParameterStatus.</param>
    public bool Reports(ReadOnlySpan<byte> body) => parameters.Passes(body);

    /// <param name="body">The body of a NotificationResponse.</param>
    public bool Delivers(ReadOnlySpan<byte> body) => notifications.IsKnown(body);

    /// <summary>
    /// Whether an error of a statement that touches no tagged relation speaks of one all the same: a cascade of a foreign key reaches other tables, and
    /// their rows stand in its detail.
    /// </summary>
    public bool SpeaksOfTagged(ReadOnlySpan<byte> body)
    {
        var schema = Encoding.UTF8.GetString(ErrorFields.Find(body, ErrorFields.SchemaName));
        var table = Encoding.UTF8.GetString(ErrorFields.Find(body, ErrorFields.TableName));
        if (table.Length > 0 && isTagged(schema, table))
        {
            return true;
        }

        var context = Encoding.UTF8.GetString(ErrorFields.Find(body, ErrorFields.Context));
        return Citations(context).Any(cited => isTagged(cited.Schema, cited.Table));
    }

    /// <summary>Writes an error as far as a client may see it, and counts it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="body">The server's ErrorResponse.</param>
    /// <param name="risk">What the failure tells; null when it is no failure of a statement at run time.</param>
    public void WriteScrubbed(MessageBuffer output, ReadOnlySpan<byte> body, FailureRisk? risk)
    {
        var code = SqlStates.Standard(ErrorFields.SqlState(body));
        if (!SqlStates.IsAboutSession(code) && !(risk is { } counted && watch.Failed(counted)))
        {
            code = SqlStates.Coarse(code);
        }

        ErrorFields.WriteScrubbed(output, body, code, SqlStates.Sentence(code));
    }

    /// <summary>The names <c>"schema"."table"</c> in a context, as the server's own cascades quote them.</summary>
    private static List<(string Schema, string Table)> Citations(string context)
    {
        var found = new List<(string, string)>();
        var separator = context.IndexOf("\".\"", StringComparison.Ordinal);
        while (separator > 0 && found.Count < MaxCitations)
        {
            var start = context.LastIndexOf('"', separator - 1);
            var end = context.IndexOf('"', separator + 3);
            if (start >= 0 && end > 0)
            {
                found.Add((context[(start + 1)..separator], context[(separator + 3)..end]));
            }

            separator = context.IndexOf("\".\"", separator + 3, StringComparison.Ordinal);
        }

        return found;
    }
}
