using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Quiescent.Claims.Subject;
using Quiescent.Scale.Native;

namespace Quiescent.Claims;

// The measured program, as one of the compilers built it: the command that runs it.
internal sealed record CompiledSubject(string Compiler, params string[] Command)
{
    public const string Name = "Quiescent.Claims.Subject";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    /// <summary>The one beside this assembly, compiled as it runs.</summary>
    public static CompiledSubject JustInTime { get; } =
        new("JIT", "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, Name + ".dll"));

    public static CompiledSubject AheadOfTime(string program) => new("NativeAOT", program);

    public Timing[] Time(TimeSpan time) =>
        Ask(AnswersJson.Default.TimingArray, "time", time.TotalSeconds.ToString(CultureInfo.InvariantCulture));

    public MethodBytes[] Sizes() => Ask(AnswersJson.Default.MethodBytesArray, "sizes");

    /// <summary>The output of nm.</summary>
    public string Symbols() => Run("nm", "--print-size", "--defined-only", Command[^1]).Output;

    /// <summary>Runs rounds of the bare path on a simulated processor. Returns cachegrind's report.</summary>
    public string Simulate(params string[] rounds) => Run(
        [
            // The JIT compiles each method once, so that what comes before the rounds is the same in every run.
            // valgrind does not follow code that is written through another mapping.
            "env", "DOTNET_TieredCompilation=0", "DOTNET_EnableWriteXorExecute=0",
            "valgrind", "--tool=cachegrind", "--cache-sim=yes", "--branch-sim=yes", "--cachegrind-out-file=/dev/null",
            .. Command, "count", .. rounds,
        ]).Errors;

    private T Ask<T>(JsonTypeInfo<T> type, params string[] question) =>
        JsonSerializer.Deserialize(Run([.. Command, .. question]).Output, type)!;

    private static ChildResult Run(params string[] command)
    {
        ChildResult result = ChildProcess.Run(command[0], command[1..], s_limit);
        return result.ExitCode == 0
            ? result
            : throw new InvalidOperationException($"{string.Join(' ', command)} failed: {result.LastError}");
    }
}
