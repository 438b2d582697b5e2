using System.Diagnostics;
using System.Globalization;

namespace Quiescent.Tool.Tests.Interruptions;

// The tool as a process of its own, which is sent signals.
internal sealed class ToolProcess : IDisposable
{
    // No test comes near this on a busy machine.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(100);

    private readonly Process _process;

    public ToolProcess(string[] arguments, string? temporaryFolder = null)
    {
        string assembly = Path.Combine(AppContext.BaseDirectory, "Quiescent.Tool.dll");
        ProcessStartInfo start = new("dotnet", ["exec", assembly, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (temporaryFolder is not null)
        {
            start.Environment["TMPDIR"] = temporaryFolder;
        }

        _process = Process.Start(start)!;
    }

    public StreamReader Output => _process.StandardOutput;

    public StreamReader Error => _process.StandardError;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Reads lines up to the first that contains the text.</summary>
    public static async Task ReadUntil(StreamReader reader, string text)
    {
        while (await reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(s_bound, Cancellation) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The tool ended without a line with '{text}'.");
    }

    public void Interrupt() => Send("INT");

    public void Terminate() => Send("TERM");

    /// <summary>Waits for the end, and returns the exit code with all output since.</summary>
    public async Task<(int ExitCode, string Output, string Error)> End()
    {
        Task<string> output = Output.ReadToEndAsync(Cancellation);
        Task<string> error = Error.ReadToEndAsync(Cancellation);
        await _process.WaitForExitAsync(Cancellation).WaitAsync(s_bound, Cancellation);
        return (_process.ExitCode, await output, await error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Send(string signal)
    {
        using Process kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
