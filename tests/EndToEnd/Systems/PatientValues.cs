using Npgsql;

namespace Sallyport.EndToEnd.Systems;

/// <summary>Real values of tagged columns: what must never come back or lie on the disk.</summary>
internal static class PatientValues
{
    private const int MinLength = 5;

    /// <summary>Distinct tagged values of the first patients that are long enough not to occur by chance.</summary>
    public static async Task<IReadOnlyList<string>> OfFirstAsync(PostgresServer server, int patients, string database = "clinic")
    {
        await using var connection = await server.ConnectAsync(database);
        await using var command = new NpgsqlCommand(
            """
            SELECT mrn, ssn, first_name, last_name, street, phone, email, medicare_mbi, birth_date::text, fhir_id::text, latitude::text, longitude::text
            FROM clinic.patients WHERE patient_id <= $1
            """,
            connection)
        { Parameters = { new() { Value = patients } } };
        var values = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            for (var i = 0; i < reader.FieldCount; i++)
            {
                if (!await reader.IsDBNullAsync(i) && reader.GetString(i).Trim() is { Length: >= MinLength } value)
                {
                    values.Add(value);
                }
            }
        }

        Assert.NotEmpty(values);
        return [.. values];
    }
}
