using System.Text.Json;
using MappedCatalog.Running;
using MappedCatalog.Tests.Support;

namespace MappedCatalog.Tests.Running;

public sealed class CliTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("catalog-cli-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_run_ends_by_itself_with_a_table_and_code_0()
    {
        WriteTables();
        Assert.Equal(
            0,
            await RunAsync(
                "--data", _folder, "--urls=http://127.0.0.1:0", "--swap-interval", "5",
                "--seconds", "0.5", "--verify"));
        Assert.Contains("listening on http://127.0.0.1:", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "No request failed, and every mapping was closed.", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Its_figures_are_json_on_demand_and_nothing_else_on_that_stream()
    {
        WriteTables();
        Assert.Equal(
            0,
            await RunAsync(
                "--data", _folder, "--urls", "http://127.0.0.1:0", "--swap-interval", "5",
                "--seconds", "0.5", "--json"));
        using JsonDocument document = JsonDocument.Parse(_output.ToString());
        JsonElement result = document.RootElement;
        Assert.True(result.GetProperty("ok").GetBoolean());
        Assert.Equal(0, result.GetProperty("mappingsLeft").GetInt64());
        Assert.True(result.GetProperty("mappingsOpened").GetInt64() > 1);
        Assert.Equal(JsonValueKind.Null, result.GetProperty("statistics").GetProperty("wrongAnswers").ValueKind);
        Assert.Contains("listening on", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_starts_with_load_on_demand_and_ends_well_in_the_middle_of_it()
    {
        WriteTables();
        string[] args =
            ["--data", _folder, "--urls", "http://127.0.0.1:0", "--load", "--verify", "--seconds", "1", "--json"];
        Assert.Equal(0, await RunAsync(args));
        using JsonDocument document = JsonDocument.Parse(_output.ToString());
        JsonElement statistics = document.RootElement.GetProperty("statistics");
        Assert.True(statistics.GetProperty("load").GetProperty("requests").GetInt64() > 0);
        Assert.True(statistics.GetProperty("lookups").GetProperty("total").GetInt64() > 0);
        Assert.Equal(0, statistics.GetProperty("load").GetProperty("failed").GetInt64());
        Assert.Equal(0, statistics.GetProperty("wrongAnswers").GetInt64());
    }

    [Theory]
    [InlineData("--load=yes", "")]
    [InlineData("--seconds", "0")]
    [InlineData("--seconds", "-1")]
    [InlineData("--swap-interval", "0")]
    [InlineData("--swap-interval", "soon")]
    [InlineData("--urls", "here")]
    [InlineData("--urls", "https://127.0.0.1")]
    [InlineData("--verify=yes", "")]
    [InlineData("--data")]
    [InlineData("--what")]
    public async Task Arguments_that_make_no_sense_end_with_code_2(params string[] args)
    {
        Assert.Equal(2, await RunAsync(args));
        Assert.StartsWith("MappedCatalog: ", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task A_folder_with_fewer_than_two_tables_ends_with_code_2()
    {
        WriteTable("2026-01-01", "10.0.0.0/8,1");
        Assert.Equal(2, await RunAsync("--data", _folder, "--seconds", "1"));
        Assert.Contains("has 1 tables", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_with_an_unreadable_line_ends_with_code_2()
    {
        WriteTables();
        WriteTable("2026-03-01", "10.0.0.0/8,1", "ten,1");
        Assert.Equal(2, await RunAsync("--data", _folder, "--seconds", "1"));
        Assert.Contains("routes-ipv4-2026-03-01.csv:2: ", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_ends_with_code_2()
    {
        WriteTables();
        await using Service service = await Service.StartAsync(Tables.Distinct);
        Assert.Equal(
            2, await RunAsync("--data", _folder, "--urls", service.Client.BaseAddress!.ToString(), "--seconds", "1"));
        Assert.Contains("address already in use", _error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Help_lists_every_option()
    {
        Assert.Equal(0, await RunAsync("--help"));
        Assert.All(
            ["--urls", "--swap-interval", "--data", "--verify", "--load", "--seconds", "--json"],
            option => Assert.Contains(option, _output.ToString(), StringComparison.Ordinal));
    }

    private Task<int> RunAsync(params string[] args) => Cli.RunAsync(args, _output, _error);

    private void WriteTables()
    {
        WriteTable("2026-01-01", "10.0.0.0/8,1", "10.1.0.0/16,2");
        WriteTable("2026-02-01", "10.0.0.0/8,3");
    }

    private void WriteTable(string date, params string[] lines) =>
        File.WriteAllLines(Path.Combine(_folder, $"routes-ipv4-{date}.csv"), lines);
}
