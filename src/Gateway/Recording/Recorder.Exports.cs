namespace Sallyport.Gateway.Recording;

/// <content>Copies of the ledger that go elsewhere.</content>
public sealed partial class Recorder
{
    /// <summary>Records that an export's receiver lacks records for longer than its alarm allows, or no longer does.</summary>
    /// <param name="export">Its name in the configuration.</param>
    /// <param name="isOpen">Which of both.</param>
    /// <param name="next">Index of the first record the receiver may lack.</param>
    /// <param name="lag">For how long it lacks records.</param>
    /// <param name="problem">Code of the last failure, or empty.</param>
    public ValueTask ExportGapAsync(string export, bool isOpen, long next, TimeSpan lag, string problem)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("export.gap"u8);
            line.Field("export"u8, export);
            line.Field("state"u8, isOpen ? "open" : "closed");
            line.Field("next"u8, next);
            line.Field("age_s"u8, (long)lag.TotalSeconds);
            line.Field("problem"u8, problem.Length == 0 ? "" : RecordText.Code(problem));
            return _gateway.Append(line).Durable;
        }
    }
}
