using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Quiescent.Top.Tests;

// The tool, a process of its own, looks at another.
[Trait("Category", "Slow")]
public sealed class EndToEndTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task Once_gives_one_document_of_a_full_interval()
    {
        using Process watched = await StartWatchedAsync("domains");
        (int exitCode, string output, string error) =
            await RunTopAsync("--pid", Id(watched), "--once", "--json", "--timeout", "60");
        await EndAsync(watched);
        Assert.True(exitCode == 0, error);

        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.Equal(watched.Id, root.GetProperty("process").GetProperty("id").GetInt32());
        Assert.True(root.GetProperty("seconds").GetDouble() > 0);
        JsonElement[] domains = [.. root.GetProperty("domains").EnumerateArray()];
        JsonElement orders = Assert.Single(domains, domain => domain.GetProperty("name").GetString() == "orders, open");
        JsonElement files = Assert.Single(domains, domain => domain.GetProperty("name").GetString() == "files");
        Assert.Equal(0, orders.GetProperty("gracePeriods").GetProperty("perSecond").GetDouble());
        Assert.Equal(100, orders.GetProperty("blocks").GetProperty("waiting").GetInt64());
        Assert.Equal(1, orders.GetProperty("callbacks").GetProperty("waiting").GetInt64());
        Assert.Equal((101, 5_000), (Backlog("waiting"), Backlog("limit")));
        Assert.Equal(JsonValueKind.Null, orders.GetProperty("openSections").ValueKind);
        Assert.Equal(1, files.GetProperty("openSections").GetInt64());

        long Backlog(string name) => orders.GetProperty("backlog").GetProperty(name).GetInt64();
    }

    [Fact]
    public async Task A_stall_is_seen_with_its_reader_s_name_and_the_end_of_the_process_is_reported()
    {
        using Process watched = await StartWatchedAsync("domains");
        using Process top =
            Start("Quiescent.Top", "--pid", Id(watched), "--json", "--interval", "0.5", "--timeout", "60");
        JsonElement stall = await ReadUntilAsync(
            top,
            domains => domains.SelectMany(domain => domain.GetProperty("stalledBy").EnumerateArray()).FirstOrDefault(),
            one => one.ValueKind != JsonValueKind.Undefined);
        Assert.Equal("slow-reader", stall.GetProperty("culprit").GetString());
        Assert.Equal("Reader", stall.GetProperty("cause").GetString());
        Assert.StartsWith(
            "rcu: INFO: domain 'orders, open' detected stall",
            stall.GetProperty("text").GetString(),
            StringComparison.Ordinal);

        await EndAsync(watched);
        Task<string> rest = top.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await top.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
            .WaitAsync(s_bound, TestContext.Current.CancellationToken);
        await top.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(s_bound, TestContext.Current.CancellationToken);
        Assert.Equal($"quiescent-top: Watched ({watched.Id}) has ended", error.Trim());
        Assert.Equal(7, top.ExitCode);
        await rest;
    }

    // The runtime goes on reporting the last values of a domain that is gone.
    [Fact]
    public async Task A_domain_that_was_disposed_of_vanishes()
    {
        using Process watched = await StartWatchedAsync("domains");
        using Process top =
            Start("Quiescent.Top", "--pid", Id(watched), "--json", "--interval", "0.5", "--timeout", "60");
        await ReadUntilAsync(top, Names, names => names.Contains("passing"));
        await watched.StandardInput.WriteLineAsync();
        Assert.Contains("orders, open", await ReadUntilAsync(top, Names, names => !names.Contains("passing")));
        await EndAsync(watched);
        await top.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await top.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(s_bound, TestContext.Current.CancellationToken);

        static string[] Names(JsonElement[] domains) =>
            [.. domains.Select(domain => domain.GetProperty("name").GetString()!)];
    }

    [Fact]
    public async Task A_process_without_domains_is_distinguished_from_no_process()
    {
        using Process watched = await StartWatchedAsync("none");
        (int exitCode, string output, string error) =
            await RunTopAsync("--pid", Id(watched), "--once", "--json", "--timeout", "5");
        await EndAsync(watched);
        Assert.Equal(
            (6, "", $"quiescent-top: Watched ({watched.Id}) has no Quiescent domains"),
            (exitCode, output, error.Trim()));

        (exitCode, output, error) = await RunTopAsync("--pid", Id(watched), "--once");
        Assert.Equal((4, "", $"quiescent-top: there is no process {watched.Id}"), (exitCode, output, error.Trim()));
    }

    [Theory]
    [InlineData("--interval", "0")]
    [InlineData("--interval", "soon")]
    [InlineData("--pid", "-3")]
    [InlineData("--pid", "3", "--name", "x")]
    public async Task Arguments_that_make_no_sense_are_refused(params string[] arguments)
    {
        (int exitCode, string output, string error) = await RunTopAsync(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("quiescent-top: ", error, StringComparison.Ordinal);
    }

    private static async Task<T> ReadUntilAsync<T>(Process top, Func<JsonElement[], T> select, Predicate<T> isIt)
    {
        while (true)
        {
            string line = await top.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(s_bound, TestContext.Current.CancellationToken)
                ?? throw new InvalidOperationException(
                    await top.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            JsonElement document = JsonDocument.Parse(line).RootElement;
            if (select([.. document.GetProperty("domains").EnumerateArray()]) is var selected && isIt(selected))
            {
                return selected;
            }
        }
    }

    private static string Id(Process process) => process.Id.ToString(CultureInfo.InvariantCulture);

    private static async Task<Process> StartWatchedAsync(string what)
    {
        Process watched = Start("Watched", what);
        Assert.Equal(
            "ready",
            await watched.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(s_bound, TestContext.Current.CancellationToken));
        return watched;
    }

    private static async Task EndAsync(Process watched)
    {
        watched.StandardInput.Close();
        await watched.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(s_bound, TestContext.Current.CancellationToken);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunTopAsync(params string[] arguments)
    {
        using Process top = Start("Quiescent.Top", arguments);
        Task<string> output = top.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = top.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await top.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(s_bound, TestContext.Current.CancellationToken);
        return (top.ExitCode, await output, await error);
    }

    private static Process Start(string program, params string[] arguments)
    {
        string assembly = Path.Combine(AppContext.BaseDirectory, program + ".dll");
        ProcessStartInfo start = new("dotnet", ["exec", assembly, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
