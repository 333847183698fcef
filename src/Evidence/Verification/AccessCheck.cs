using System.Globalization;
using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Follows access from its request over the people who decided to the grant, its uses and its end: no decision without a request, no grant without
/// enough different people, no use by somebody else, elsewhere or after the end.
/// </summary>
internal sealed class AccessCheck(Findings findings, string file)
{
    /// <summary>A command is judged a moment before it is recorded.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Request> _requests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Grant> _grants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _emergencies = new(StringComparer.Ordinal);

    public void Add(long index, RecordLine record)
    {
        switch (record.Kind)
        {
            case RecordKinds.AccessRequest:
                AddRequest(index, record);
                break;
            case RecordKinds.AccessDecision:
                AddDecision(index, record);
                break;
            case RecordKinds.GrantStart:
                AddGrant(index, record);
                break;
            case RecordKinds.GrantExtend:
                Extend(index, record);
                break;
            case RecordKinds.GrantRevoke or RecordKinds.GrantEnd:
                End(index, record);
                break;
            case RecordKinds.BreakGlassOpen:
                _emergencies[record.Text("grant")] = record.Text("by");
                break;
            case RecordKinds.BreakGlassReview:
                CheckReview(index, record);
                break;
            case RecordKinds.Intent:
                foreach (var grant in AccessGrants.UsedBy(record))
                {
                    CheckUse(index, record, grant);
                }
                break;
        }
    }

    private void AddRequest(long index, RecordLine record)
    {
        var request = new Request { By = record.Text("by"), Quorum = record.Integer("quorum") ?? long.MaxValue, Extends = record.Text("extends") };
        if (!_requests.TryAdd(record.Text("request"), request))
        {
            findings.Add(At(index), $"request {record.Text("request")} is there a second time");
        }
    }

    private void AddDecision(long index, RecordLine record)
    {
        var id = record.Text("request");
        if (!_requests.TryGetValue(id, out var request))
        {
            findings.Add(At(index), $"a decision about request {id}, which was never made");
            return;
        }
        if (string.Equals(record.Text("decision"), "approve", StringComparison.Ordinal))
        {
            CheckConsent(index, record, id, request);
        }
        if (string.Equals(record.Text("state"), "granted", StringComparison.Ordinal) && !string.Equals(record.Text("decision"), "refused", StringComparison.Ordinal))
        {
            request.IsGranted = true;
            var isEnough = request.Quorum == 0 ? request.People.Contains("rule") : request.People.Count >= request.Quorum;
            if (!isEnough)
            {
                findings.Add(At(index), $"request {id} was granted by {request.People.Count} people, and {request.Quorum} had to agree");
            }
        }
    }

    private void CheckConsent(long index, RecordLine record, string id, Request request)
    {
        var isRule = string.Equals(record.Text("by_kind"), "rule", StringComparison.Ordinal);
        if (!isRule && !string.Equals(record.Text("by_kind"), "human", StringComparison.Ordinal))
        {
            findings.Add(At(index), $"request {id} was agreed to by somebody who is no person");
        }
        if (string.Equals(record.Text("by"), request.By, StringComparison.Ordinal))
        {
            findings.Add(At(index), $"request {id} was agreed to by who made it");
        }
        request.People.Add(isRule ? "rule" : record.Text("by"));
    }

    private void AddGrant(long index, RecordLine record)
    {
        var id = record.Text("grant");
        if (record.Integer("resumed") is 1 && _grants.TryGetValue(id, out var earlier))
        {
            if (earlier.EndedAt is not null)
            {
                findings.Add(At(index), $"grant {id} goes on after a restart, but was over before it");
            }
            return;
        }
        var isEmergency = string.Equals(record.Text("origin"), "break-glass", StringComparison.Ordinal);
        if (isEmergency ? !_emergencies.ContainsKey(id) : !_requests.TryGetValue(record.Text("request"), out var request) || !request.IsGranted)
        {
            findings.Add(At(index), $"grant {id} begins, and nobody gave it");
        }
        else if (!isEmergency && !string.Equals(_requests[record.Text("request")].By, record.Text("holder"), StringComparison.Ordinal))
        {
            findings.Add(At(index), $"grant {id} went to somebody else than who asked");
        }
        if (!_grants.TryAdd(id, new Grant { Holder = record.Text("holder"), Target = record.Text("target"), Until = Time(record.Text("until")) }))
        {
            findings.Add(At(index), $"grant {id} begins a second time");
        }
    }

    private void Extend(long index, RecordLine record)
    {
        var id = record.Text("grant");
        var isGiven = _requests.TryGetValue(record.Text("request"), out var request) && request.IsGranted && string.Equals(request.Extends, id, StringComparison.Ordinal);
        if (!isGiven || !_grants.TryGetValue(id, out var grant) || grant.EndedAt is not null)
        {
            findings.Add(At(index), $"grant {id} was extended, and nobody gave that, or it was over");
            return;
        }
        grant.Until = Time(record.Text("until"));
    }

    private void End(long index, RecordLine record)
    {
        var id = record.Text("grant");
        if (!_grants.TryGetValue(id, out var grant) || grant.EndedAt is not null)
        {
            findings.Add(At(index), $"grant {id} ends, but was not in force");
            return;
        }
        if (string.Equals(record.Kind, RecordKinds.GrantEnd, StringComparison.Ordinal))
        {
            grant.EndedAt = Time(record.Header.Time);
        }
    }

    private void CheckReview(long index, RecordLine record)
    {
        var id = record.Text("grant");
        if (!_emergencies.TryGetValue(id, out var opener))
        {
            findings.Add(At(index), $"a review of emergency {id}, which was never opened");
        }
        else if (string.Equals(record.Text("decision"), "reviewed", StringComparison.Ordinal) && string.Equals(record.Text("by"), opener, StringComparison.Ordinal))
        {
            findings.Add(At(index), $"emergency {id} was reviewed by who opened it");
        }
    }

    private void CheckUse(long index, RecordLine record, string id)
    {
        if (!_grants.TryGetValue(id, out var grant))
        {
            findings.Add(At(index), $"a command by grant {id}, which never began");
            return;
        }
        if (!string.Equals(record.Header.Subject, grant.Holder, StringComparison.Ordinal) || !string.Equals(record.Header.Connection, grant.Target, StringComparison.Ordinal))
        {
            findings.Add(At(index), $"a command by grant {id} of somebody else, or at another target");
        }
        var end = grant.EndedAt is { } ended && ended < grant.Until ? ended : grant.Until;
        if (Time(record.Header.Time) > end + Tolerance)
        {
            findings.Add(At(index), $"a command by grant {id} after its end");
        }
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : DateTimeOffset.MinValue;

    private string At(long index) => $"{file}, record {index}";

    private sealed class Request
    {
        public required string By { get; init; }

        public required long Quorum { get; init; }

        public required string Extends { get; init; }

        public HashSet<string> People { get; } = new(StringComparer.Ordinal);

        public bool IsGranted { get; set; }
    }

    private sealed class Grant
    {
        public required string Holder { get; init; }

        public required string Target { get; init; }

        public required DateTimeOffset Until { get; set; }

        public DateTimeOffset? EndedAt { get; set; }
    }
}
