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
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
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
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.tile .now').length === 4"
            + " && [...document.querySelectorAll('.tile .now')]"
            + ".filter(now => /[0-9]/.test(now.textContent)).length >= 3"
            + " && document.querySelector('.line.lookups').getAttribute('d').includes('L')"
            + " && document.querySelector('.line.mappings').getAttribute('d').includes('V')"
            + " && document.querySelector('path.swaps:not(.key)').getAttribute('d').includes('h0')");
        long swaps = await FigureAsync(page, "Swaps");
        await page.WaitForFunctionAsync($"() => {Figure("Swaps")} > {swaps}");
        long requests = await FigureAsync(page, "Requests");
        await page.WaitForFunctionAsync($"() => {Figure("Requests")} > {requests}");

        Assert.Equal(0, await FigureAsync(page, "Failed requests"));
        Assert.Equal("Serving, nothing has failed", await TextAsync(page, "state"));
        Assert.Equal("", await page.EvaluateFunctionAsync<string>(Sideways));
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_button_starts_load_and_stops_it()
    {
        await using IPage page = await OpenAsync(390, "light");
        await page.WaitForFunctionAsync("() => !document.getElementById('load').disabled");
        Assert.Equal("Start load", await TextAsync(page, "load"));
        long before = await FigureAsync(page, "Look-ups");
        await page.ClickAsync("#load");
        await page.WaitForFunctionAsync("() => document.getElementById('load').textContent === 'Stop load'");
        await page.WaitForFunctionAsync($"() => {Figure("Look-ups")} > {before}");
        await page.WaitForFunctionAsync(
            "() => /^[1-9][0-9.,]* µs$/.test(document.querySelector('.tile:nth-child(2) .now').textContent)");
        await page.ClickAsync("#load");
        await page.WaitForFunctionAsync("() => document.getElementById('load').textContent === 'Start load'");
        Assert.False(_service!.Load.Read().On);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task It_fits_three_screens_of_a_phone_and_the_button_the_first()
    {
        await using IPage page = await OpenLongestAsync();
        Assert.Equal("", await page.EvaluateFunctionAsync<string>(TooTall));
        Assert.Equal("", await page.EvaluateFunctionAsync<string>(Sideways));
        Assert.True(await page.EvaluateExpressionAsync<bool>(
            $"document.getElementById('load').getBoundingClientRect().bottom < {PhoneHeight}"));
    }

    [Theory]
    [InlineData("#figures, .tiles { grid-template-columns: 1fr; } .timeline svg { height: 844px; }", TooTall)]
    [InlineData(".tiles { grid-template-columns: repeat(4, 120px); }", Sideways)]
    public async Task Fault_caught_a_page_that_is_laid_out_as_for_another_screen(string style, string check)
    {
        await using IPage page = await OpenLongestAsync();
        await page.SetBypassCSPAsync(true);
        await page.ReloadAsync();
        await page.AddStyleTagAsync(new AddTagOptions { Content = style });
        await page.WaitForFunctionAsync("() => document.querySelector('.state.good')");
        Assert.NotEqual("", await page.EvaluateFunctionAsync<string>(check));
    }

    [Fact]
    public async Task Every_duration_is_in_microseconds()
    {
        await using IPage page = await OpenLongestAsync();
        string text = await page.EvaluateExpressionAsync<string>("document.body.innerText");
        Assert.Contains("µs", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\d\s*(ms|s|ns)\b", text);
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

        // The browser itself notes the 400, and nothing else is wrong.
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
            Assert.Equal("timeline-title timeline-text", await page.EvaluateExpressionAsync<string>(
                "document.querySelector('svg[role=img]').getAttribute('aria-labelledby')"));
            await page.WaitForFunctionAsync("() => / swaps: the old file was unmapped after .* mappings were held/"
                + ".test(document.getElementById('timeline-text').textContent)");
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

    private const int PhoneHeight = 844;

    // Three screens of 390 × 844.
    private const string TooTall =
        "() => (height => height > 3 * 844 ? `${height} pixels` : '')(document.documentElement.scrollHeight)";

    // What sticks out at the right, or makes the whole page scroll.
    private const string Sideways = """
        () => [
          ...document.documentElement.scrollWidth > innerWidth ? ['the page'] : [],
          ...[...document.querySelectorAll('body *')]
            .filter(e => !e.closest('noscript') && e.getBoundingClientRect().right > innerWidth + 0.5)
            .map(e => `${e.tagName} ${e.textContent}`),
        ].join('\n')
        """;

    /// <summary>The page on a phone at its longest: under load, with an answer and all of its texts.</summary>
    private async Task<IPage> OpenLongestAsync()
    {
        IPage page = await OpenAsync(390, "light");
        _service!.Load.SwitchOn();
        await AskAsync(page, "255.255.255.255.255.255.255.255.255.255");
        await page.WaitForFunctionAsync("() => document.querySelector('#answer.bad strong')"
            + " && document.querySelectorAll('.tile .note')[1].textContent.includes('µs')"
            + " && document.getElementById('timeline-text').textContent.includes('swaps')");
        return page;
    }

    private static Task<string> TextAsync(IPage page, string id) =>
        page.EvaluateExpressionAsync<string>($"document.getElementById('{id}').textContent");

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
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = PhoneHeight });
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
