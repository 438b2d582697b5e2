using System.Text.Json;
using RouteTable.Run;

namespace RouteTable.Tests;

public sealed class CliTests
{
    [Theory]
    [InlineData("--seconds", "--seconds needs a value")]
    [InlineData("--seconds=0", "--seconds needs a number of seconds")]
    [InlineData("--seconds ten", "not 'ten'")]
    [InlineData("--seconds -1", "not '-1'")]
    [InlineData("--readers 0", "--readers needs a number from 1 to 1024, not '0'")]
    [InlineData("--readers 1.5", "not '1.5'")]
    [InlineData("--lookup 8.8.8", "--lookup needs an IPv4 address, not '8.8.8'")]
    [InlineData("--fast", "unknown argument '--fast'")]
    [InlineData("--json=yes", "unknown option --json=yes")]
    [InlineData("table.csv", "unknown argument 'table.csv'")]
    public void Arguments_that_cannot_be_used_are_named_and_end_with_2(string arguments, string message)
    {
        (int code, string output, string error) = Run(arguments.Split(' '));
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_line_is_named_with_its_file_and_ends_with_2()
    {
        WithFile("1.0.0.0/24,1\n1.0.0.0/240,1\n", path =>
        {
            foreach (string arguments in (string[])["--table", "--older", "--lookup 1.1.1.1 --table"])
            {
                (int code, _, string error) = Run([.. arguments.Split(' '), path]);
                Assert.Equal(2, code);
                Assert.Contains($"{path}:2: '240' is not a prefix length", error, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void A_missing_file_ends_with_2()
    {
        (int code, _, string error) = Run("--table", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        Assert.Equal(2, code);
        Assert.Contains("cannot be read", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_tables_are_refused()
    {
        WithFile("1.0.0.0/24,1\n", path =>
        {
            (int code, _, string error) = Run("--table", path, "--older", path);
            Assert.Equal(2, code);
            Assert.Contains("nothing to replay", error, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("8.8.8.8", "8.8.8.8 is in 8.8.8.0/24, announced by AS15169")]
    [InlineData("1.1.1.1", "1.1.1.1 is in 1.1.1.0/24, announced by AS13335")]
    [InlineData("127.0.0.1", "127.0.0.1: no route")]
    public void One_address_is_looked_up(string address, string answer)
    {
        (int code, string output, string error) = Run("--lookup", address);
        Assert.Equal((0, answer, ""), (code, output.TrimEnd(), error));
    }

    [Fact]
    public void One_address_is_looked_up_for_machines()
    {
        (int code, string output, _) = Run("--lookup", "8.8.8.8", "--json");
        Assert.Equal(0, code);
        JsonElement answer = JsonDocument.Parse(output).RootElement;
        Assert.Equal("8.8.8.0/24", answer.GetProperty("prefix").GetString());
        Assert.Equal(15169u, answer.GetProperty("origin").GetUInt32());

        answer = JsonDocument.Parse(Run("--lookup=127.0.0.1", "--json").Output).RootElement;
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("origin").ValueKind);
    }

    [Fact]
    public void A_run_says_what_it_found_in_a_table()
    {
        WithTwoFiles((older, newer) =>
        {
            (int code, string output, string error) =
                Run("--older", older, "--table", newer, "--seconds", "0.2", "--readers", "1");
            Assert.Equal((0, ""), (code, error));
            Assert.Contains("wrong answers             0", output, StringComparison.Ordinal);
            Assert.Contains("1 withdrawn, 1 announced, 1 with another origin", output, StringComparison.Ordinal);
            Assert.Contains("Every answer was right, and no block was lost.", output, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_run_says_what_it_found_in_json_and_talks_on_the_error_stream()
    {
        WithTwoFiles((older, newer) =>
        {
            (int code, string output, string error) =
                Run("--older", older, "--table", newer, "--seconds", "0.2", "--json");
            Assert.Equal(0, code);
            Assert.Contains("lookups/s", error, StringComparison.Ordinal);
            JsonElement result = JsonDocument.Parse(output).RootElement;
            Assert.True(result.GetProperty("ok").GetBoolean());
            Assert.Equal(0, result.GetProperty("lookups").GetProperty("wrong").GetInt64());
            Assert.Equal(0, result.GetProperty("blocks").GetProperty("lost").GetInt64());
            Assert.Equal(2, result.GetProperty("readers").GetInt32());
            Assert.Equal(3, result.GetProperty("garbage").GetProperty("workers").GetArrayLength());
        });
    }

    [Fact]
    public void Help_lists_every_option()
    {
        (int code, string output, _) = Run("--help");
        Assert.Equal(0, code);
        string[] options = ["seconds", "readers", "check", "no-check", "table", "older", "lookup", "json", "help"];
        foreach (string option in options)
        {
            Assert.Contains($"--{option} ", output, StringComparison.Ordinal);
        }
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Cli.Run(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static void WithTwoFiles(Action<string, string> test) => WithFile(
        "10.0.0.0/8,1\n10.1.0.0/16,2\n10.2.3.0/24,3\n",
        older => WithFile("10.0.0.0/8,1\n10.2.3.0/24,4\n10.2.3.4/32,5\n", newer => test(older, newer)));

    private static void WithFile(string text, Action<string> test)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            test(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
