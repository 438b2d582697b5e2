using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Quiescent.Scale.Native;

// How a child process ended. There is no exit code if it could not be started, or was killed at its time limit.
internal readonly record struct ChildResult(int? ExitCode, string Output, string Errors)
{
    public string[] ErrorLines =>
        Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public string LastError => ErrorLines.LastOrDefault() ?? "";
}

internal static class ChildProcess
{
    private static readonly ConcurrentDictionary<Process, bool> s_running = [];
    private static bool s_isClosed;

    /// <summary>Runs it to its end, or kills it with all the processes that it started.</summary>
    public static ChildResult Run(string program, IEnumerable<string> arguments, TimeSpan limit)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            s_running[process] = true;
            try
            {
                return AwaitExit(process, limit);
            }
            finally
            {
                s_running.TryRemove(process, out _);
            }
        }
        catch (Win32Exception e)
        {
            return new ChildResult(null, "", e.Message);
        }
    }

    /// <summary>Kills all that run, and from now on each as it starts: the run is interrupted.</summary>
    public static void EndAll()
    {
        Volatile.Write(ref s_isClosed, true);
        foreach (Process process in s_running.Keys)
        {
            End(process);
        }
    }

    private static ChildResult AwaitExit(Process process, TimeSpan limit)
    {
        if (Volatile.Read(ref s_isClosed))
        {
            End(process);
        }

        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            return new ChildResult(null, "", string.Create(
                CultureInfo.InvariantCulture, $"still running after {limit.TotalSeconds:0} s"));
        }

        return new ChildResult(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended in the meantime.
        }
    }
}
