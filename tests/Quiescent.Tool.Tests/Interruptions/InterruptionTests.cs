using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Quiescent.Tool.Tests.Mutants;

namespace Quiescent.Tool.Tests.Interruptions;

// Each command, sent a signal in the midst of a run that would last ten minutes.
[Trait("Category", "Slow")]
public sealed class InterruptionTests : IDisposable
{
    private const int Interrupted = 130;
    private const string TenMinutes = "600";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quiescent-interrupted-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Torture_ends_with_its_verdict()
    {
        using ToolProcess tool = new(["torture", "--scenario", "primitives", "--seconds", TenMinutes]);
        await ToolProcess.ReadUntil(tool.Output, "1 s");
        tool.Interrupt();
        (int exitCode, string output, string error) = await tool.End();
        Assert.True(exitCode == Interrupted, output + error);
        Assert.Contains("torture: primitives, seed", output, StringComparison.Ordinal);
        Assert.Contains("interrupted", output, StringComparison.Ordinal);
        Assert.Contains("quiescent: interrupted", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Torture_writes_its_JSON()
    {
        using ToolProcess tool = new(["torture", "--scenario", "primitives", "--seconds", TenMinutes, "--json"]);
        await ToolProcess.ReadUntil(tool.Error, "1 s");
        tool.Terminate();
        (int exitCode, string output, _) = await tool.End();
        Assert.Equal(Interrupted, exitCode);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.True(document.RootElement.GetProperty("isInterrupted").GetBoolean());
    }

    [Fact]
    public async Task Litmus_ends_with_the_tests_that_have_run()
    {
        using ToolProcess tool = new(["litmus", "--seconds", "60"]);
        await ToolProcess.ReadUntil(tool.Output, "the control failed in");
        tool.Interrupt();
        (int exitCode, string output, _) = await tool.End();
        Assert.Equal(Interrupted, exitCode);
        Assert.Contains("litmus: interrupted after", output, StringComparison.Ordinal);
        Assert.Contains("verdict", output, StringComparison.Ordinal);
    }

    // Fault caught: a run that first waits for the end of the turn, which lasts a minute here.
    [Fact]
    public async Task Scale_ends_with_its_JSON_and_its_report()
    {
        string report = Path.Combine(_folder.FullName, "report.html");
        using ToolProcess tool = new(["scale", "--figures", "H/1", "--seconds", "3600", "--json", "--report", report]);
        await ToolProcess.ReadUntil(tool.Error, "H/1: ");
        tool.Interrupt();
        (int exitCode, string output, _) = await tool.End();
        Assert.Equal(Interrupted, exitCode);
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.True(document.RootElement.GetProperty("isInterrupted").GetBoolean());
        Assert.Equal("H/1", document.RootElement.GetProperty("leftOut")[0].GetProperty("id").GetString());
        Assert.Contains(
            "</html>",
            await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mutants_ends_its_detector_and_removes_the_copy()
    {
        string pipe = MakePipe();
        using TinyTree tree = new(
            $"echo $$ > {pipe}; exec sleep {TenMinutes}",
            """[{ "name": "mutant", "obligation": "O1", "breaks": "The source.", "detectors": ["./detect"] }]""");
        using ToolProcess tool = new(["mutants", "--tree", tree.Root, "--seconds", TenMinutes], _folder.FullName);
        int detector = int.Parse(await ReadPipe(pipe), CultureInfo.InvariantCulture);
        tool.Interrupt();
        (int exitCode, string output, string error) = await tool.End();
        Assert.True(exitCode == Interrupted, output + error);
        Assert.Contains("interrupted after 0 of 1 mutants", output, StringComparison.Ordinal);
        Assert.Empty(_folder.GetDirectories("quiescent-mutants-*"));
        Assert.True(HasEnded(detector), "The detector's process is left behind.");
    }

    // The report is a pipe that nobody reads, so that the interrupted run cannot end by itself.
    [Fact]
    public async Task A_second_interruption_ends_the_process_at_once()
    {
        using ToolProcess tool = new(["scale", "--figures", "H/1", "--seconds", TenMinutes, "--report", MakePipe()]);
        await ToolProcess.ReadUntil(tool.Error, "H/1: ");
        tool.Interrupt();
        await ToolProcess.ReadUntil(tool.Output, "scale: interrupted");
        tool.Interrupt();
        (int exitCode, _, _) = await tool.End();
        Assert.Equal(Interrupted, exitCode);
    }

    private string MakePipe()
    {
        string path = Path.Combine(_folder.FullName, "pipe");
        using Process process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return path;
    }

    private static Task<string> ReadPipe(string path) =>
        Task.Run(() => File.ReadAllText(path))
            .WaitAsync(TimeSpan.FromSeconds(100), TestContext.Current.CancellationToken);

    private static bool HasEnded(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }
}
