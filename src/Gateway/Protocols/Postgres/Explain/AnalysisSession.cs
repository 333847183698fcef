using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Explain;

/// <summary>
/// A session at the target in which statements are only parsed: the engine's own desk without anything that could execute. Lives on the
/// context of one piece of work and ends with it.
/// </summary>
internal sealed class AnalysisSession : IAsyncDisposable
{
    private static readonly byte[] Unnamed = [];
    private static readonly byte[] NoParameterTypes = [0, 0];

    private readonly SharedTarget _shared;
    private readonly TargetConnection _connection;
    private readonly Exchange _exchange;
    private readonly InputBuffer _input;
    private readonly ServerInquiry _inquiry;
    private readonly StatementDesk _desk;
    private readonly Task _backend;

    public AnalysisSession(
        SharedTarget shared, TargetConnection connection, Func<PhiMap> phi, Func<UnmaskedColumns> shown, SessionRecorder recorder, GatewayMetrics metrics, int messageBytes)
    {
        _shared = shared;
        _connection = connection;
        _exchange = new Exchange(new SilentWire(), connection.Wire);
        _input = new InputBuffer(connection.Wire);
        _input.Preload(connection.Unread.Span);
        _inquiry = new ServerInquiry(_exchange, shared.Catalog, shared.Watch, shown);
        var names = _exchange.Names;
        _desk = new StatementDesk(_inquiry, _exchange, new MeaningFinder(_inquiry, _exchange, phi, names), new MaskedWriteGuard(phi), shared.Target.Name, shared.Words, names, Recorder.Encode);
        // Nothing runs here, so nothing is used up and no budget outlives the session.
        var watch = new InferenceWatch(new InferenceBudgets(TimeProvider.System).ForSession("", shared.Target.Name, static () => InferencePolicy.Default), recorder, metrics);
        var channels = new SideChannels(watch, shared.Notifications, process: 0, new PredictedParameters([]), (schema, table) => phi().IsTagged(schema, table));
        _backend = ServeAsync(new BackendLoop(_exchange, _input, recorder, metrics, new Revalidation(shared.Catalog, shared.Watch, shown), channels, NothingRuns, messageBytes));
    }

    /// <summary>Reads the catalogue if no session of the target has done so.</summary>
    /// <exception cref="TargetUnavailableException">It cannot be read.</exception>
    public async ValueTask PrepareCatalogueAsync()
    {
        if (!_shared.Catalog.IsReady && !await _inquiry.BootstrapAsync())
        {
            throw new TargetUnavailableException(TargetFailure.Protocol, "the target's catalogue cannot be read");
        }

        await SettleAsync();
    }

    /// <summary>Parses one statement at the target and finds out what it means. Nothing of it runs, and the target forgets it.</summary>
    public async ValueTask<Preparation> ReadAsync(ReadOnlyMemory<byte> text)
    {
        var preparation = await _desk.PrepareAsync(text, StatementClassifier.Classify(text.Span), Unnamed, NoParameterTypes);
        await SettleAsync();
        return preparation;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_backend.IsCompleted)
        {
            try
            {
                await _exchange.ServerWire.SendAsync(new byte[] { FrontendMessage.Terminate, 0, 0, 0, 4 });
            }
            catch (IOException)
            {
                // It is gone already, which is what was asked for.
            }
        }

        _connection.Dispose();
        await _backend;
        _input.Release();
        _exchange.Dispose();
    }

    private static void NothingRuns(ServerStatement statement, ReadOnlySpan<byte> tag) => throw new InvalidOperationException("a statement that was only to be explained has run");

    /// <summary>Ends the transaction, so that one statement leaves neither locks nor an error to the next.</summary>
    private async ValueTask SettleAsync()
    {
        _exchange.SendSync(hidden: true);
        await _exchange.FlushServerAsync();
        await _exchange.Replies.WhenAtMostAsync(0);
    }

    /// <summary>Runs the backend loop to its end. Whatever ends it ends those who wait for an answer, and they report it.</summary>
    private async Task ServeAsync(BackendLoop loop)
    {
        Exception end = new IOException("the target closed the connection");
        try
        {
            await loop.RunAsync();
        }
        catch (Exception exception)
        {
            end = exception;
        }

        _exchange.Replies.Fail(end);
    }
}
