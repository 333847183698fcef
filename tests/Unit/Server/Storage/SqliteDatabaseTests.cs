using Microsoft.Data.Sqlite;
using Sallyport.Server.Storage;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Storage;

public sealed class SqliteDatabaseTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_file_and_its_side_files_belong_to_their_owner_only()
    {
        using var folder = new TemporaryFolder();
        await using var database = await SqliteDatabase.OpenAsync(folder.File("gateway.db"));
        var files = Directory.GetFiles(folder.Path);
        Assert.True(files.Length >= 2);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_file_that_others_can_read_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("gateway.db");
        await File.WriteAllBytesAsync(path, [], Stop);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        await Assert.ThrowsAsync<StorageException>(() => SqliteDatabase.OpenAsync(path));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("gateway.db");
        await using (var database = await SqliteDatabase.OpenAsync(path))
        {
            await database.RunAsync(static connection => Execute(connection, "PRAGMA user_version = 999"), Stop);
        }
        var problem = await Assert.ThrowsAsync<StorageException>(() => SqliteDatabase.OpenAsync(path));
        Assert.Contains("newer", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("gateway.db");
        await File.WriteAllTextAsync(path, new string('x', 5000), Stop);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Assert.ThrowsAsync<StorageException>(() => SqliteDatabase.OpenAsync(path));
    }

    [Fact]
    public async Task Changes_are_synced_and_the_log_is_written_ahead()
    {
        using var folder = new TemporaryFolder();
        await using var database = await SqliteDatabase.OpenAsync(folder.File("gateway.db"));
        Assert.Equal("wal", await database.RunAsync(static connection => Scalar(connection, "PRAGMA journal_mode"), Stop));
        Assert.Equal(2L, await database.RunAsync(static connection => Scalar(connection, "PRAGMA synchronous"), Stop));
        Assert.Equal(1L, await database.RunAsync(static connection => Scalar(connection, "PRAGMA foreign_keys"), Stop));
        Assert.Equal(5000L, await database.RunAsync(static connection => Scalar(connection, "PRAGMA busy_timeout"), Stop));
    }

    [Fact]
    public async Task The_store_refuses_states_that_do_not_exist()
    {
        using var folder = new TemporaryFolder();
        await using var database = await SqliteDatabase.OpenAsync(folder.File("gateway.db"));
        await Assert.ThrowsAsync<SqliteException>(() =>
            database.RunAsync(static connection => Execute(connection, "INSERT INTO approvals (id, state) VALUES ('apr_1', 'maybe')"), Stop));
    }

    private static int Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
