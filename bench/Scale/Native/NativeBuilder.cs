using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Quiescent.Scale.Native;

// Where a program is, or why there is none.
internal readonly record struct NativeBinary(string? Path, string? Absent);

// Builds each program once, and keeps it in a folder that is named after its sources.
internal sealed class NativeBuilder(string sources, string cache, Action<string> announce, TimeSpan? limit = null)
{
    private const string NoTime = "not built yet; a run with more --seconds builds it";

    // What a program answers when it is started without a workload.
    private const int NoWorkload = 2;

    private static readonly TimeSpan s_longestBuild = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(20);

    // How long building may still take, all programs together.
    private TimeSpan _left = limit ?? s_longestBuild;

    private readonly ConcurrentDictionary<string, Lazy<NativeBinary>> _binaries = new();
    private readonly Lazy<string> _folder = new(() => Path.Combine(cache, SourceHash.Of([sources])));

    public NativeBinary Get(NativeProgram program) =>
        _binaries.GetOrAdd(program.Name, _ => new Lazy<NativeBinary>(() => FindOrBuild(program))).Value;

    /// <summary>The user's own cache; a folder of this process's own where there is none.</summary>
    public static string DefaultCache()
    {
        string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        return data.Length != 0
            ? Path.Combine(data, "quiescent", "native")
            : Directory.CreateTempSubdirectory("quiescent").FullName;
    }

    private NativeBinary FindOrBuild(NativeProgram program)
    {
        if (!File.Exists(Path.Combine(sources, "Makefile")))
        {
            return Absent("its sources are not beside the tool");
        }

        if (Array.Find(program.Requirements, requirement => !requirement.IsPresent()) is { } missing)
        {
            return Absent($"not installed: {missing.Package}");
        }

        string binary = Path.Combine(_folder.Value, program.Name);
        try
        {
            return Starts(binary) ? new NativeBinary(binary, null) : Build(program, binary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Absent(e.Message);
        }
    }

    // Builds beside its place and then moves it there, because another run may be building the same program.
    private NativeBinary Build(NativeProgram program, string binary)
    {
        if (_left <= TimeSpan.Zero)
        {
            return Absent(NoTime);
        }

        long start = Stopwatch.GetTimestamp();
        string output = Path.Combine(
            _folder.Value,
            string.Create(CultureInfo.InvariantCulture, $"build-{Environment.ProcessId}-{program.Name}"));
        Directory.CreateDirectory(output);
        announce(program.Name);
        try
        {
            ChildResult result = ChildProcess.Run(
                "make", ["--silent", "-C", sources, $"OUT={output}", program.Name], _left);
            if (result.ExitCode is null && Stopwatch.GetElapsedTime(start) >= _left)
            {
                return Absent(NoTime);
            }

            if (result.ExitCode != 0)
            {
                return Absent($"does not build: {Reason(result)}");
            }

            File.Move(Path.Combine(output, program.Name), binary, overwrite: true);
            return Starts(binary) ? new NativeBinary(binary, null) : Absent("does not start");
        }
        finally
        {
            _left -= Stopwatch.GetElapsedTime(start);
            Directory.Delete(output, recursive: true);
        }
    }

    // A library may have been removed or replaced since the program was built.
    private static bool Starts(string binary) =>
        File.Exists(binary) && ChildProcess.Run(binary, [], s_startLimit) is { ExitCode: NoWorkload };

    // The last line before make's own summary.
    private static string Reason(ChildResult result) =>
        result.ErrorLines.LastOrDefault(line => !line.StartsWith("make", StringComparison.Ordinal)) ?? result.LastError;

    private static NativeBinary Absent(string reason) => new(null, reason);
}
