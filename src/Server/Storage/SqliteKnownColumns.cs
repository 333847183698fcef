using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Server.Storage;

/// <summary>The known columns of all targets in the embedded database.</summary>
internal sealed class SqliteKnownColumns(SqliteDatabase database) : IKnownColumnStore
{
    public Task<IReadOnlyList<KnownColumn>> LoadAsync(string target, string databaseName, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT relation, attribute, origin, is_derived FROM known_columns WHERE target = $target AND database = $database";
            command.Parameters.AddWithValue("$target", target);
            command.Parameters.AddWithValue("$database", databaseName);
            using var reader = command.ExecuteReader();
            var columns = new List<KnownColumn>();
            while (reader.Read())
            {
                columns.Add(new KnownColumn((uint)reader.GetInt64(0), reader.GetInt32(1), reader.GetString(2), reader.GetBoolean(3)));
            }
            return (IReadOnlyList<KnownColumn>)columns;
        },
        cancellationToken);

    public Task SaveAsync(string target, string databaseName, IReadOnlyList<KnownColumn> columns, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction();
            foreach (var column in columns)
            {
                using var command = connection.CreateCommand();
                command.Transaction = transaction;
                command.CommandText =
                    "INSERT INTO known_columns (target, database, relation, attribute, origin, is_derived) VALUES ($target, $database, $relation, $attribute, $origin, $is_derived) "
                    + "ON CONFLICT (target, database, relation, attribute) DO UPDATE SET origin = excluded.origin, is_derived = excluded.is_derived";
                command.Parameters.AddWithValue("$target", target);
                command.Parameters.AddWithValue("$database", databaseName);
                command.Parameters.AddWithValue("$relation", (long)column.Relation);
                command.Parameters.AddWithValue("$attribute", column.Attribute);
                command.Parameters.AddWithValue("$origin", column.Origin);
                command.Parameters.AddWithValue("$is_derived", column.IsDerived);
                command.ExecuteNonQuery();
            }
            transaction.Commit();
            return columns.Count;
        },
        cancellationToken);
}
