using System.Globalization;
using Sallyport.Gateway.Exports;

namespace Sallyport.Server.Storage;

/// <summary>How far each export is, in the embedded database.</summary>
internal sealed class SqliteExports(SqliteDatabase database) : IExportStore
{
    public Task<long?> FindAsync(string name, string origin, CancellationToken cancellationToken) => database.RunAsync<long?>(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT next FROM export_places WHERE name = $name AND origin = $origin";
            command.Parameters.AddWithValue("$name", name);
            command.Parameters.AddWithValue("$origin", origin);
            return command.ExecuteScalar() is { } next ? Convert.ToInt64(next, CultureInfo.InvariantCulture) : null;
        },
        cancellationToken);

    public Task SaveAsync(string name, string origin, long next, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText =
                "INSERT INTO export_places (name, origin, next) VALUES ($name, $origin, $next) ON CONFLICT (name, origin) DO UPDATE SET next = excluded.next";
            command.Parameters.AddWithValue("$name", name);
            command.Parameters.AddWithValue("$origin", origin);
            command.Parameters.AddWithValue("$next", next);
            return command.ExecuteNonQuery();
        },
        cancellationToken);
}
