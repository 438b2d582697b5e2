using System.Diagnostics;

namespace Quiescent.Tests.Support;

// A scenario of a program of the tests, in a process of its own.
internal static class ChildProcess
{
    /// <summary>Of tests/Programs/ProcessExit.</summary>
    public static (string Output, string Errors) Run(
        string scenario, int? exitCode, params (string Name, string Value)[] environment) =>
        RunProgram("ProcessExit", [scenario], exitCode, environment);

    /// <summary>Returns what it wrote. An exit code of null stands for any but 0.</summary>
    public static (string Output, string Errors) RunProgram(
        string program, string[] scenario, int? exitCode, params (string Name, string Value)[] environment) =>
        Run(new ProcessStartInfo(DotNet), program, scenario, exitCode, environment);

    /// <summary>As <see cref="RunProgram"/>, by a shell that gives the program another standard error output:
    /// <c>2>/dev/full</c>.</summary>
    public static string RunProgramUnder(string redirection, string program, string[] scenario, int? exitCode)
    {
        ProcessStartInfo start = new("/bin/sh");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"exec \"$0\" \"$@\" {redirection}");
        start.ArgumentList.Add(DotNet);
        return Run(start, program, scenario, exitCode, []).Output;
    }

    private static string DotNet =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    private static (string Output, string Errors) Run(
        ProcessStartInfo start,
        string program,
        string[] scenario,
        int? exitCode,
        (string Name, string Value)[] environment)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program + ".dll"));
        Array.ForEach(scenario, start.ArgumentList.Add);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        bool ended = process.WaitForExit(Until.Bound);
        if (!ended)
        {
            process.Kill();
        }

        Assert.True(ended, $"The process '{string.Join(' ', scenario)}' does not end.");
        Until.Done(output);
        Until.Done(errors);
        string error = errors.GetAwaiter().GetResult();
        Assert.True(
            exitCode is { } expected ? process.ExitCode == expected : process.ExitCode != 0,
            $"Exit code {process.ExitCode}, not {exitCode}. {error}");
        return (output.GetAwaiter().GetResult(), error);
    }
}
