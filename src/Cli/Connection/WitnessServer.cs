using System.Net;
using Sallyport.Evidence.Witnessing;

namespace Sallyport.Cli.Connection;

/// <summary>The HTTP side of a witness.</summary>
internal sealed class WitnessServer : IDisposable
{
    private const int MaxRequests = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Witness _witness;
    private readonly HttpListener _listener;
    private readonly SemaphoreSlim _slots = new(MaxRequests, MaxRequests);

    private WitnessServer(Witness witness, HttpListener listener, string address)
    {
        _witness = witness;
        _listener = listener;
        Address = address;
    }

    public string Address { get; }

    public static WitnessServer Start(Witness witness, string address)
    {
        var listener = new HttpListener();
        try
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || url.AbsolutePath != "/")
            {
                throw new CliException(ExitCode.Usage, "--listen is no address such as http://127.0.0.1:8447/.", "Give scheme, host and port.");
            }
            // The listener's word for every address of the machine.
            listener.Prefixes.Add(url.Host is "0.0.0.0" or "[::]" ? $"http://+:{url.Port}/" : url.AbsoluteUri);
            listener.Start();
            return new WitnessServer(witness, listener, url.AbsoluteUri);
        }
        catch (HttpListenerException problem)
        {
            listener.Close();
            throw new CliException(ExitCode.Failed, $"{address} cannot be opened: {problem.Message}", "Choose another port, or end what has it.", problem);
        }
    }

    /// <summary>Answers until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.Register(_listener.Stop);
        while (!cancellationToken.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception problem) when (problem is HttpListenerException or ObjectDisposedException or InvalidOperationException && cancellationToken.IsCancellationRequested)
            {
                return;
            }
            await _slots.WaitAsync(CancellationToken.None);
            _ = ServeAsync(context);
        }
    }

    public void Dispose()
    {
        _listener.Close();
        _slots.Dispose();
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        using var patience = new CancellationTokenSource(Patience);
        // The listener's streams do not watch a token, so a slow client loses its connection instead.
        using var cut = patience.Token.Register(context.Response.Abort);
        try
        {
            var answer = await AnswerAsync(context.Request, patience.Token);
            context.Response.StatusCode = answer.Status;
            context.Response.ContentType = answer.ContentType;
            context.Response.ContentLength64 = answer.Body.Length;
            await context.Response.OutputStream.WriteAsync(answer.Body, patience.Token);
            context.Response.Close();
        }
        catch (Exception problem) when (problem is HttpListenerException or IOException or ObjectDisposedException or OperationCanceledException or FormatException)
        {
            // The client is gone, or what was remembered cannot be read: no cosignature.
            context.Response.Abort();
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<WitnessAnswer> AnswerAsync(HttpListenerRequest request, CancellationToken cancellationToken)
    {
        var path = request.Url?.AbsolutePath ?? "";
        if (request.HttpMethod == "POST" && path == "/add-checkpoint")
        {
            var body = await ReadAsync(request.InputStream, cancellationToken);
            return body is null ? new WitnessAnswer(413, []) : _witness.AddCheckpoint(body);
        }
        return request.HttpMethod == "GET" && path.Split('/') is ["", var origin, "checkpoint"] ? _witness.Newest(origin) : new WitnessAnswer(404, []);
    }

    private static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[Witness.MaxRequestBytes + 1];
        var length = 0;
        for (int read; length < buffer.Length && (read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0;)
        {
            length += read;
        }
        return length > Witness.MaxRequestBytes ? null : buffer[..length];
    }
}
