using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>What the records of a whole log must say: sessions, runs of the gateway, closed periods.</summary>
internal sealed class ContentCheck(Findings findings, List<Finding> notes)
{
    private const string File = "wal";

    private readonly ChainCheck _chains = new(findings, File);
    private readonly RunCheck _runs = new(findings, notes, File);
    private readonly CredentialCheck _credentials = new(findings, notes, File);
    private readonly AccessCheck _access = new(findings, File);
    private readonly PopulationCheck _population = new(findings, File);

    public long Sessions => _chains.Sessions;

    public void Add(long index, RecordLine record, string hash)
    {
        _chains.Add(index, record, hash);
        _runs.Add(index, record);
        _credentials.Add(index, record);
        _access.Add(index, record);
        _population.Add(index, record);
    }

    public void Finish()
    {
        _runs.Finish();
        _credentials.Finish();
    }
}
