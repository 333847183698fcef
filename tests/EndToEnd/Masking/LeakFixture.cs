using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>A clinic with what an attacker would look for: views, functions that tell, a table to copy into.</summary>
public abstract class LeakFixture : GatewayFixture
{
    private const int Patients = 40;

    internal IReadOnlyList<string> Values { get; private set; } = [];

    private protected override async Task PrepareAsync()
    {
        await Server.ExecuteAsync(
            $"""
            CREATE VIEW clinic.e2e_names AS SELECT patient_id, first_name, last_name, mrn FROM clinic.patients;
            CREATE TABLE clinic.e2e_copy AS SELECT patient_id, mrn, first_name FROM clinic.patients WHERE patient_id < 40;
            ALTER TABLE clinic.e2e_copy ALTER first_name SET NOT NULL;
            CREATE FUNCTION clinic.e2e_mrn(integer) RETURNS text LANGUAGE sql STABLE AS 'SELECT mrn::text FROM clinic.patients WHERE patient_id = $1';
            CREATE FUNCTION clinic.e2e_tell(integer) RETURNS integer LANGUAGE plpgsql AS
              $$ BEGIN RAISE NOTICE 'mrn %', (SELECT mrn FROM clinic.patients WHERE patient_id = $1); RETURN 1; END $$;
            CREATE FUNCTION clinic.e2e_rows() RETURNS SETOF clinic.patients LANGUAGE sql STABLE AS 'SELECT * FROM clinic.patients WHERE patient_id < 40';
            CREATE TABLE scratch.e2e_notes (body text);
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clinic, scratch TO {PostgresServer.GatewayUser};
            """,
            Database);
        Values = await PatientValues.OfFirstAsync(Server, Patients, Database);
    }

    private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
    {
        Rules = "",
        Phi = new Dictionary<string, string> { ["clinic"] = GatewaySettings.ClinicPhi() + "\nclinic.e2e_copy.mrn: MRN\nclinic.e2e_copy.first_name: NAME" },
    });
}
