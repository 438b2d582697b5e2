using System.Text.Json;
using MappedCatalog.Load;
using MappedCatalog.Serving;

namespace MappedCatalog.Tests.Support;

/// <summary>A service on a free port of this machine, which swaps only on request unless an interval is
/// given.</summary>
internal sealed class Service : IAsyncDisposable
{
    private static readonly TimeSpan s_watchdog = TimeSpan.FromMinutes(2);

    private readonly CatalogService _service;

    private Service(CatalogService service)
    {
        _service = service;
        Client = new HttpClient { BaseAddress = service.Address, Timeout = s_watchdog };
    }

    public HttpClient Client { get; }

    public Catalog Catalog => _service.Catalog;

    public Traffic Traffic => _service.Traffic;

    public LoadGenerator Load => _service.Load;

    public int? MappingsSeenBySystem => _service.MappingsSeenBySystem;

    public static async Task<Service> StartAsync(
        DatedTable[] tables, TimeSpan? swapInterval = null, TimeSpan? sectionLimit = null)
    {
        var options = new ServiceOptions
        {
            Urls = "http://127.0.0.1:0",
            SwapInterval = swapInterval ?? TimeSpan.FromDays(1),
            SectionLimit = sectionLimit ?? s_watchdog,
            Verify = true,
        };
        return new Service(await CatalogService.StartAsync(options, tables));
    }

    public void Swap() => _service.Swap();

    public Task StopAsync() => _service.StopAsync();

    /// <param name="method">How.</param>
    /// <param name="path">Where.</param>
    /// <param name="site">What a browser says about the page that asks; null as from no browser.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? site = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        return await Client.SendAsync(request);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path);
        response.EnsureSuccessStatusCode();
        return await JsonOf(response);
    }

    public async Task<HttpResponseMessage> PostAsync(HttpContent addresses) =>
        await Client.PostAsync(new Uri("/lookup", UriKind.Relative), addresses);

    public static async Task<JsonElement> JsonOf(HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    /// <summary>Returns when the condition holds; if it never does, the watchdog ends the test.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        using var watchdog = new CancellationTokenSource(s_watchdog);
        while (!holds())
        {
            Assert.False(watchdog.IsCancellationRequested, $"in two minutes it did not come to this: {what}");
            await Task.Delay(1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _service.DisposeAsync();
    }
}
