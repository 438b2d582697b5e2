using System.Diagnostics.Tracing;
using System.Threading.Channels;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Quiescent.Top.Stream;

// A session with the observed process. A thread of its own reads the events; the messages end when the process does.
internal sealed class TargetStream : IAsyncDisposable
{
    private const long TimeSeriesValues = 0x2;
    private const long Reports = 0x4;

    // Memory in the observed process, in which events wait for this process; when it is full, events are lost.
    private const int BufferMegabytes = 16;

    // A process that is being debugged, or has been stopped, may never answer.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly EventPipeSession _session;
    private readonly EventDecoder _decoder;
    private readonly Channel<TopMessage> _messages = Channel.CreateUnbounded<TopMessage>(
        new() { SingleReader = true, SingleWriter = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TargetStream(EventPipeSession session, EventDecoder decoder)
    {
        _session = session;
        _decoder = decoder;
        new Thread(ReadAll) { IsBackground = true, Name = "Events of the observed process" }.Start();
    }

    public ChannelReader<TopMessage> Messages => _messages.Reader;

    /// <exception cref="TopException">The process cannot be observed.</exception>
    public static async Task<TargetStream> OpenAsync(int processId, MetricLimits limits, CancellationToken cancellation)
    {
        string client = Guid.NewGuid().ToString();
        EventPipeProvider[] providers =
        [
            new(EventDecoder.MetricsProvider, EventLevel.Informational, TimeSeriesValues, limits.ToArguments(client)),
            new(EventDecoder.EventSource, EventLevel.Informational, Reports),
        ];
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(s_patience);
        try
        {
            EventPipeSession session = await new DiagnosticsClient(processId)
                .StartEventPipeSessionAsync(
                    providers, requestRundown: false, BufferMegabytes, patience.Token).ConfigureAwait(false);
            return new TargetStream(session, new EventDecoder(client));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TopException(TopExit.NoAccess, $"process {processId} does not answer on its diagnostics port");
        }
        catch (Exception thrown) when (
            thrown is DiagnosticsClientException or IOException or UnauthorizedAccessException
            or System.Net.Sockets.SocketException)
        {
            throw Targets.Exists(processId)
                ? new TopException(
                    TopExit.NoAccess,
                    $"process {processId} has no diagnostics port that can be reached: only .NET processes have one, "
                    + $"open to their own user, "
                    + "in the folder that TMPDIR names for them, unless DOTNET_EnableDiagnostics=0 is set")
                : TopException.NoProcess(processId);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource patience = new(s_patience);
        try
        {
            await _session.StopAsync(patience.Token).ConfigureAwait(false);
            await _ended.Task.WaitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception thrown) when (thrown is DiagnosticsClientException or IOException or OperationCanceledException
            or System.Net.Sockets.SocketException)
        {
            // The process has ended, or does not answer: there is nothing left to stop.
        }

        _session.Dispose();
    }

    private void ReadAll()
    {
        try
        {
            using EventPipeEventSource source = new(_session.EventStream);
            source.Dynamic.All += traced =>
            {
                if (_decoder.Decode(RawEvent.Of(traced)) is { } message)
                {
                    _messages.Writer.TryWrite(message);
                }
            };
            source.Process();
        }
        catch (Exception)
        {
            // A process that is killed leaves half an event behind, on which the reader of the stream throws any
            // exception.
        }
        finally
        {
            _messages.Writer.Complete();
            _ended.SetResult();
        }
    }
}
