using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Metrics;

namespace Sallyport.Unit.Server.Metrics;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Counters_gauges_and_histograms_are_written_in_the_text_format()
    {
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);
        metrics.SessionStarted("clinic");
        metrics.SessionStarted("clinic");
        metrics.SessionEnded("clinic");
        metrics.StatementJudged(CommandClass.Read, new Verdict.Allow("grant:1"));
        metrics.StatementJudged(CommandClass.Write, new Verdict.Deny("no", "r", "s"));
        metrics.CellsMasked(12);
        metrics.BytesToClient(34);
        metrics.LedgerAppended(TimeSpan.FromMilliseconds(0.3));
        metrics.LedgerAppended(TimeSpan.FromSeconds(9));
        var lines = text.Write().Split('\n');
        Assert.Contains("# TYPE sallyport_sessions_active gauge", lines);
        Assert.Contains("sallyport_sessions_active{target=\"clinic\"} 1", lines);
        Assert.Contains("sallyport_sessions_total{target=\"clinic\"} 2", lines);
        Assert.Contains("sallyport_statements_total{verdict=\"allow\",class=\"read\"} 1", lines);
        Assert.Contains("sallyport_statements_total{verdict=\"deny\",class=\"write\"} 1", lines);
        Assert.Contains("sallyport_masked_cells_total 12", lines);
        Assert.Contains("sallyport_client_io_bytes_total{direction=\"to-client\"} 34", lines);
        Assert.Contains("# TYPE sallyport_ledger_append_duration_seconds histogram", lines);
        Assert.Contains("sallyport_ledger_append_duration_seconds_bucket{le=\"0.00025\"} 0", lines);
        Assert.Contains("sallyport_ledger_append_duration_seconds_bucket{le=\"0.0005\"} 1", lines);
        Assert.Contains("sallyport_ledger_append_duration_seconds_bucket{le=\"+Inf\"} 2", lines);
        Assert.Contains("sallyport_ledger_append_duration_seconds_count 2", lines);
    }

    [Fact]
    public void Observed_counters_are_totals_and_do_not_grow_by_being_read()
    {
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);
        metrics.CellsMasked(5);
        text.Write();
        Assert.Contains("sallyport_masked_cells_total 5", text.Write().Split('\n'));
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);
        metrics.SessionRefused("a\"b\\c\nd");
        Assert.Contains("sallyport_session_refusals_total{reason=\"a\\\"b\\\\c\\nd\"} 1", text.Write().Split('\n'));
    }

    [Fact]
    public void The_number_of_label_sets_is_limited()
    {
        using var metrics = new GatewayMetrics();
        using var text = new PrometheusText(metrics);
        for (var number = 0; number < MetricFamily.MaxSeries + 5; number++)
        {
            metrics.StatementRefused($"rule-{number}");
        }
        Assert.Contains("sallyport_refusals_total{overflow=\"true\"} 5", text.Write().Split('\n'));
    }
}
