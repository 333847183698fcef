using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Sallyport.Server.Storage;

/// <summary>
/// The gateway's embedded database: one connection, one call at a time, on pool threads, because SQLite blocks and event loops must not.
/// Every committed change is synced to disk.
/// </summary>
public sealed class SqliteDatabase : IAsyncDisposable
{
    /// <summary>Most calls that run or wait; more are refused.</summary>
    public const int MaxQueuedCalls = 4096;

    private const int BusyTimeoutMilliseconds = 5000;
    private const string MigrationPrefix = "Sallyport.Server.Storage.Migrations.";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly SqliteConnection _connection;
    private readonly TaskFactory _oneAtATime = new(
        CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskContinuationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    private int _queuedCalls;

    private SqliteDatabase(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens or makes the database file and brings its schema up to date.</summary>
    /// <exception cref="StorageException">The file was written by a newer version, is damaged, or others may read it.</exception>
    public static async Task<SqliteDatabase> OpenAsync(string path)
    {
        Protect(path);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        var database = new SqliteDatabase(connection);
        try
        {
            await database.RunAsync(static connection => Prepare(connection), CancellationToken.None);
            return database;
        }
        catch (SqliteException exception)
        {
            await database.DisposeAsync();
            throw new StorageException($"The database '{path}' cannot be used: {exception.Message}", exception);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs one piece of work on the connection, after those that were asked for before.</summary>
    /// <exception cref="StorageException">Too many calls wait.</exception>
    public async Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _queuedCalls) > MaxQueuedCalls)
        {
            Interlocked.Decrement(ref _queuedCalls);
            throw new StorageException($"More than {MaxQueuedCalls} calls wait for the database.");
        }
        try
        {
            return await _oneAtATime.StartNew(() => work(_connection), cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _queuedCalls);
        }
    }

    /// <summary>Waits for running work and closes the file.</summary>
    public async ValueTask DisposeAsync() => await _oneAtATime.StartNew(_connection.Dispose);

    private static int Prepare(SqliteConnection connection)
    {
        connection.Open();
        Execute(connection, $"PRAGMA busy_timeout = {BusyTimeoutMilliseconds}");
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "PRAGMA synchronous = FULL");
        Execute(connection, "PRAGMA foreign_keys = ON");
        Execute(connection, "PRAGMA secure_delete = ON");
        return Migrate(connection);
    }

    private static int Migrate(SqliteConnection connection)
    {
        var scripts = MigrationScripts();
        using var read = connection.CreateCommand();
        read.CommandText = "PRAGMA user_version";
        var version = Convert.ToInt32(read.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (version > scripts.Count)
        {
            throw new StorageException($"The database has schema {version}, but this version knows only {scripts.Count}: it was written by a newer Sallyport.");
        }
        for (; version < scripts.Count; version++)
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, scripts[version], transaction);
            Execute(connection, $"PRAGMA user_version = {version + 1}", transaction);
            transaction.Commit();
        }
        return version;
    }

    /// <summary>The embedded scripts in order; script number N leads to schema N.</summary>
    private static List<string> MigrationScripts()
    {
        var assembly = typeof(SqliteDatabase).Assembly;
        var names = assembly.GetManifestResourceNames().Where(name => name.StartsWith(MigrationPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return [.. names.Select(name => Read(assembly, name))];
    }

    private static string Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static void Execute(SqliteConnection connection, string text, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>SQLite gives its side files the mode of the database file, so that file has its mode before it has content.</summary>
    private static void Protect(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        if (!File.Exists(path))
        {
            using var created = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
            return;
        }
        if ((File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
        {
            throw new StorageException($"The database '{path}' must be readable by its owner only (mode 0600).");
        }
    }
}

/// <summary>The gateway's own database cannot be used.</summary>
public sealed class StorageException(string message, Exception? innerException = null) : Exception(message, innerException);
