using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>A snippet's program in a process of its own, because it uses the library's default domain and may end in
/// any way.</summary>
/// <param name="Output">Its standard output, then its standard error output, without stack traces.</param>
/// <param name="Uncaught">The type of the exception that ended it, if one did.</param>
internal sealed partial record SnippetRun(int ExitCode, string Output, string? Uncaught)
{
    /// <summary>Null if it does not end in time.</summary>
    public static SnippetRun? Of(string program, TimeSpan bound)
    {
        ProcessStartInfo start = new("dotnet", ["exec", program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        start.Environment.Remove("QUIESCENT_VALIDATE");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(bound))
        {
            process.Kill(entireProcessTree: true);
            return null;
        }

        string all = output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult();
        return new SnippetRun(
            process.ExitCode,
            StackFrame().Replace(all.ReplaceLineEndings("\n"), ""),
            UncaughtException().Match(all) is { Success: true } match ? match.Groups[1].Value : null);
    }

    [GeneratedRegex("^ +at .*\n", RegexOptions.Multiline)]
    private static partial Regex StackFrame();

    [GeneratedRegex(@"^Unhandled exception\. ([\w.+`]+)", RegexOptions.Multiline)]
    private static partial Regex UncaughtException();
}
