using System.Diagnostics;
using System.Text;

namespace Quiescent.Tool.Mutants;

// How a child process ended; one that was killed at its time limit has no exit code.
internal readonly record struct ChildResult(int? ExitCode, string Output, TimeSpan Duration)
{
    public bool TimedOut => ExitCode is null;
}

// Child processes, none of which outlives its call.
internal static class Child
{
    // How long to wait for its output after its end; a grandchild may hold the pipe open for ever.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    // No build server stays behind or serves from another tree; git looks for no repository around the copy; and
    // systematic tests explore as much as in CI.
    private static readonly (string Name, Func<string, string> Value)[] s_environment =
    [
        ("MSBUILDDISABLENODEREUSE", _ => "1"),
        ("DOTNET_CLI_USE_MSBUILD_SERVER", _ => "0"),
        ("UseSharedCompilation", _ => "false"),
        ("DOTNET_NOLOGO", _ => "1"),
        ("DOTNET_CLI_TELEMETRY_OPTOUT", _ => "1"),
        ("QUIESCENT_SYSTEMATIC_SCHEDULES", _ => "10000"),
        ("GIT_CEILING_DIRECTORIES", folder => Path.GetDirectoryName(folder) ?? folder),
    ];

    public static async Task<ChildResult> Run(
        string folder, string program, IEnumerable<string> arguments, TimeSpan limit,
        CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, Func<string, string> value) in s_environment)
        {
            start.Environment[name] = value(folder);
        }

        StringBuilder output = new();
        using Process process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        long began = Stopwatch.GetTimestamp();
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        bool ended = await WaitForExit(process, limit, cancellationToken).ConfigureAwait(false);
        TimeSpan duration = Stopwatch.GetElapsedTime(began);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
        }

        await WaitForExit(process, s_grace, CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        lock (output)
        {
            return new ChildResult(ended ? process.ExitCode : null, output.ToString(), duration);
        }
    }

    // False: it still runs, or still writes.
    private static async Task<bool> WaitForExit(Process process, TimeSpan limit, CancellationToken cancellationToken)
    {
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(source.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return process.HasExited;
        }
    }

    private static void Append(StringBuilder output, string? line)
    {
        if (line is not null)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }
}
