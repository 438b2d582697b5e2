using System.ComponentModel;
using System.Diagnostics;

namespace Quiescent.Claims.Subjects;

internal readonly record struct ChildResult(string Program, int ExitCode, string Output, string Errors)
{
    /// <exception cref="ChildException">It failed.</exception>
    public ChildResult RequireSuccess() => ExitCode == 0 ? this : throw new ChildException($"{Program} failed: {Reason}");

    private string Reason
    {
        get
        {
            string[] lines = (Errors + Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return Array.Find(lines, line => line.Contains("error", StringComparison.OrdinalIgnoreCase))
                ?? lines.LastOrDefault()
                ?? "no word why";
        }
    }
}

// A program that could not be started, did not end, or failed.
internal sealed class ChildException(string message) : Exception(message);

internal static class Child
{
    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(10);

    /// <exception cref="ChildException">It could not be started, or did not end.</exception>
    public static ChildResult Run(
        string program, IEnumerable<string> arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(s_bound))
            {
                process.Kill(entireProcessTree: true);
                throw new ChildException($"{program} did not end within {s_bound.TotalMinutes:0} minutes");
            }

            return new ChildResult(program, process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            throw new ChildException($"{program} is not installed");
        }
    }
}
