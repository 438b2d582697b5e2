using System.Diagnostics;
using System.Text.Json;
using MappedCatalog.Serving;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace MappedCatalog.Load;

/// <summary>
/// Load that the service makes for itself, so that its page has something to show: a few clients at a bounded rate, and
/// one that sends slowly. It is off until somebody switches it on; while it is off nothing of it runs.
/// </summary>
internal sealed class LoadGenerator(ServiceOptions options, IServer server, IHostApplicationLifetime lifetime)
    : IHostedService, IDisposable
{
    private const int Clients = 4;
    private const int OneBatchIn = 20;
    private const int SlowAddresses = 15;

    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_slowPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_slowInterval = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan s_requestLimit = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopped = new();
    private CancellationTokenSource? _run;
    private Task _clients = Task.CompletedTask;
    private Latencies _latencies = new();
    private long _requests;
    private long _failed;

    public LoadStatistics Read()
    {
        lock (_lock)
        {
            bool isOn = _run is not null;
            return new LoadStatistics(
                isOn,
                Interlocked.Read(ref _requests),
                Interlocked.Read(ref _failed),
                isOn ? _latencies.Percentile(0.5) : null,
                isOn ? _latencies.Percentile(0.99) : null);
        }
    }

    /// <summary>Starts the clients, unless they run or the service is about to stop.</summary>
    public void SwitchOn()
    {
        lock (_lock)
        {
            if (_run is null && !_stopped.IsCancellationRequested)
            {
                _run = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
                _latencies = new Latencies();
                _clients = RunAsync(_clients, _latencies, _run.Token);
            }
        }
    }

    /// <summary>Stops the clients. Completes when their last requests are answered.</summary>
    public Task SwitchOffAsync()
    {
        CancellationTokenSource? run;
        Task clients;
        lock (_lock)
        {
            (run, _run, clients) = (_run, null, _clients);
        }

        run?.Cancel();
        run?.Dispose();
        return clients;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Load)
        {
            lifetime.ApplicationStarted.Register(SwitchOn);
        }

        // Before the server stops, which happens before StopAsync below: no request of the load is cut off.
        lifetime.ApplicationStopping.Register(_stopped.Cancel);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => SwitchOffAsync();

    public void Dispose()
    {
        _run?.Dispose();
        _stopped.Dispose();
    }

    // From what the server listens at, where 0.0.0.0 and its kin mean every address of the machine.
    private static Uri AddressOf(IServer server)
    {
        ICollection<string> addresses = server.Features.Get<IServerAddressesFeature>()!.Addresses;
        BindingAddress listening = BindingAddress.Parse(addresses.First());
        string host = listening.Host switch
        {
            "0.0.0.0" or "*" or "+" => "127.0.0.1",
            "[::]" => "[::1]",
            string other => other,
        };
        return new Uri($"{listening.Scheme}://{host}:{listening.Port}");
    }

    private async Task RunAsync(Task before, Latencies latencies, CancellationToken off)
    {
        await before;
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var http = new HttpClient(handler) { BaseAddress = AddressOf(server), Timeout = s_requestLimit };
        IEnumerable<Task> clients = Enumerable.Range(0, Clients)
            .Select(seed => AskAsync(new LoadClient(http, new Random(seed)), latencies, off));
        await Task.WhenAll([.. clients, AskSlowlyAsync(new LoadClient(http, new Random(Clients)), off)]);
    }

    private async Task AskAsync(LoadClient client, Latencies latencies, CancellationToken off)
    {
        using var timer = new PeriodicTimer(s_pace);
        for (int turn = 1; await TickAsync(timer, off); turn++)
        {
            long began = Stopwatch.GetTimestamp();
            if (await CountAsync(turn % OneBatchIn == 0 ? client.AskForManyAsync() : client.AskAsync()))
            {
                latencies.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }
        }
    }

    private async Task AskSlowlyAsync(LoadClient client, CancellationToken off)
    {
        using var timer = new PeriodicTimer(s_slowInterval);
        do
        {
            await CountAsync(client.AskSlowlyAsync(SlowAddresses, s_slowPause, off));
        }
        while (await TickAsync(timer, off));
    }

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken off)
    {
        try
        {
            return await timer.WaitForNextTickAsync(off);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> CountAsync(Task request)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await request;
            return true;
        }
        catch (Exception failure) when (failure
            is HttpRequestException or OperationCanceledException or JsonException or InvalidDataException)
        {
            // A client that comes too late for a service that stops has no reason to complain.
            if (!_stopped.IsCancellationRequested)
            {
                Interlocked.Increment(ref _failed);
            }

            return false;
        }
    }
}
