using System.Globalization;
using MappedCatalog.Tests.Support;
using PuppeteerSharp;

namespace MappedCatalog.Tests.Serving;

/// <summary>The page, in a headless Chromium. Without one the tests are skipped, unless QUIESCENT_REQUIRE_CHROMIUM is
/// 1.</summary>
[Trait("Category", "Slow")]
public sealed class PageTests : IAsyncLifetime
{
    private readonly string _profile = Directory.CreateTempSubdirectory("catalog-page-").FullName;
    private readonly List<string> _complaints = [];
    private IBrowser? _browser;
    private Service? _service;

    private static string? Chromium => new[] { "chromium", "chromium-browser", "google-chrome" }
        .SelectMany(
            name =>
                (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                    .Select(folder => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Chromium is null)
        {
            Assert.False(
                Environment.GetEnvironmentVariable("QUIESCENT_REQUIRE_CHROMIUM") == "1",
                "there is no Chromium, and it is required");
            Assert.Skip("there is no Chromium");
        }

        _service = await Service.StartAsync(Tables.Distinct, swapInterval: TimeSpan.FromMilliseconds(100));
        _browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = Chromium,
            UserDataDir = _profile,
            Args =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        if (_service is not null)
        {
            await _service.DisposeAsync();
        }

        Directory.Delete(_profile, recursive: true);
    }

    [Theory]
    [InlineData(1280, "light")]
    [InlineData(390, "light")]
    [InlineData(1280, "dark")]
    [InlineData(390, "dark")]
    public async Task Its_figures_appear_and_move_and_nothing_overflows(int width, string scheme)
    {
        await using IPage page = await OpenAsync(width, scheme);
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.chart .now').length === 5"
            + " && [...document.querySelectorAll('.chart .now')].every(now => /[0-9]/.test(now.textContent))"
            + " && [...document.querySelectorAll('.plot .first')]"
            + ".every(line => line.getAttribute('d').includes('L') || line.getAttribute('d').includes('H'))");
        long swaps = await FigureAsync(page, "Swaps");
        await page.WaitForFunctionAsync($"() => {Figure("Swaps")} > {swaps}");
        long requests = await FigureAsync(page, "Requests");
        await page.WaitForFunctionAsync($"() => {Figure("Requests")} > {requests}");

        Assert.Equal(0, await FigureAsync(page, "Failed requests"));
        Assert.Equal(
            "Serving, nothing has failed",
            await page.EvaluateExpressionAsync<string>("document.getElementById('state').textContent"));
        Assert.Equal(width, await page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth"));
        Assert.Equal(0, await page.EvaluateExpressionAsync<int>(
            "[...document.querySelectorAll('body *')]"
            + ".filter(e => !e.closest('svg') && e.getBoundingClientRect().right > innerWidth).length"));
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task An_address_is_looked_up_by_the_form_and_a_wrong_one_explained()
    {
        await using IPage page = await OpenAsync(390, "light");
        await AskAsync(page, "10.1.2.3");
        await page.WaitForFunctionAsync(
            "() => /^10\\.0\\.0\\.0\\/8, announced by AS[12]010/.test(document.getElementById('answer').textContent)");
        await AskAsync(page, "8.8.8");
        await page.WaitForFunctionAsync(
            "() => document.getElementById('answer').textContent.includes(\"'8.8.8' is not an IPv4 address\")");

        // The browser itself logs the 400, and nothing else is wrong.
        Assert.All(_complaints, complaint => Assert.Contains("400", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_says_so_when_the_service_is_gone()
    {
        await using IPage page = await OpenAsync(390, "light");
        await page.WaitForFunctionAsync("() => document.querySelector('.state.good')");
        await _service!.DisposeAsync();
        _service = null;
        await page.WaitForFunctionAsync(
            "() => document.querySelector('.state.bad')?.textContent === 'The service does not answer'");
    }

    [Fact]
    public async Task Everything_has_a_name_and_enough_contrast()
    {
        foreach (string scheme in (string[])["light", "dark"])
        {
            await using IPage page = await OpenAsync(1280, scheme);
            await page.WaitForFunctionAsync("() => document.querySelector('.state.good')");
            Assert.Equal(
                "IPv4 address",
                await page.EvaluateExpressionAsync<string>("document.getElementById('address').labels[0].textContent"));
            Assert.Equal(5, await page.EvaluateExpressionAsync<int>(
                "[...document.querySelectorAll('svg')].filter("
                + "e => e.getAttribute('role') === 'img' && e.getAttribute('aria-label').includes('now ')).length"));
            Assert.Equal("", await page.EvaluateFunctionAsync<string>(LowContrast));
        }
    }

    // Texts whose contrast to the nearest opaque ground is below 4.5, by the formula of WCAG.
    private const string LowContrast = """
        () => {
          const numbers = color => color.match(/[\d.]+/g).map(Number);
          const luminance = ([r, g, b]) => [r, g, b]
            .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = e => { const c = numbers(getComputedStyle(e).backgroundColor); return c.length === 4 && c[3] === 0 && e.parentElement ? ground(e.parentElement) : c; };
          return [...document.querySelectorAll('body *')]
            .filter(e => !e.closest('noscript') && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
            .map(e => { const [a, b] = [luminance(numbers(getComputedStyle(e).color)), luminance(ground(e))]; return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent]; })
            .filter(([contrast]) => contrast < 4.5).map(([contrast, text]) => `${contrast.toFixed(2)}: ${text}`).join('\n');
        }
        """;

    private async Task<IPage> OpenAsync(int width, string scheme)
    {
        IPage page = await _browser!.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Message.Type is ConsoleType.Error or ConsoleType.Warning)
            {
                _complaints.Add(message.Message.Text);
            }
        };
        page.PageError += (_, failure) => _complaints.Add(failure.Message);
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 900 });
        await page.EmulateMediaFeaturesAsync(
            [new() { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);
        await page.GoToAsync(_service!.Client.BaseAddress!.ToString());
        return page;
    }

    private static async Task AskAsync(IPage page, string address)
    {
        await page.EvaluateFunctionAsync("a => document.getElementById('address').value = a", address);
        await page.ClickAsync("#lookup button");
    }

    private static string Figure(string name) =>
        "Number([...document.querySelectorAll('#figures div')].find(row => row.querySelector('dt').textContent === '"
        + name + "').querySelector('dd').textContent.replaceAll(',', '').replace('–', 'NaN'))";

    private static async Task<long> FigureAsync(IPage page, string name)
    {
        await page.WaitForFunctionAsync($"() => {Figure(name)} >= 0");
        return await page.EvaluateExpressionAsync<long>(string.Create(CultureInfo.InvariantCulture, $"{Figure(name)}"));
    }
}
