using Sallyport.Gateway.Sessions;

namespace Sallyport.Server.Storage;

/// <summary>Who is let in no more, in the embedded database.</summary>
internal sealed class SqlitePrincipals(SqliteDatabase database) : IPrincipalStore
{
    public Task<IReadOnlyList<DisabledPrincipal>> LoadAsync(CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT id, at, by_name, reason FROM disabled_principals ORDER BY id";
            using var row = command.ExecuteReader();
            var principals = new List<DisabledPrincipal>();
            while (row.Read())
            {
                principals.Add(new DisabledPrincipal(row.GetString(0), StoredTime.Read(row.GetString(1)), row.GetString(2), row.GetString(3)));
            }
            return (IReadOnlyList<DisabledPrincipal>)principals;
        },
        cancellationToken);

    public Task AddAsync(DisabledPrincipal principal, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText =
                "INSERT INTO disabled_principals (id, at, by_name, reason) VALUES ($id, $at, $by, $reason) "
                + "ON CONFLICT (id) DO UPDATE SET at = excluded.at, by_name = excluded.by_name, reason = excluded.reason";
            command.Parameters.AddWithValue("$id", principal.Id);
            command.Parameters.AddWithValue("$at", StoredTime.Text(principal.At));
            command.Parameters.AddWithValue("$by", principal.By);
            command.Parameters.AddWithValue("$reason", principal.Reason);
            return command.ExecuteNonQuery();
        },
        cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM disabled_principals WHERE id = $id";
            command.Parameters.AddWithValue("$id", id);
            return command.ExecuteNonQuery();
        },
        cancellationToken);
}
