using System.Runtime.InteropServices;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;

namespace Quiescent.Scale.Workloads.Ahead;

// A project of the source tree, compiled ahead of time when it is first needed. What it leaves goes to the user's
// cache, so that the next run finds it up to date.
internal sealed class Publication
{
    private const string Solution = "Quiescent.slnx";

    private static readonly string[] s_sources = ["src/Quiescent", "bench/Scale"];
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(25);
    private static readonly Lazy<string?> s_tree =
        new(() => FindTree(AppContext.BaseDirectory) ?? FindTree(Environment.CurrentDirectory));

    private static readonly Lazy<string?> s_absent = new(WhyNot);

    private readonly string _project;
    private readonly string? _preference;
    private readonly string _name;
    private readonly Lazy<string> _program;

    /// <param name="project">Its folder in the tree.</param>
    /// <param name="preference">Handed to the build as the property of that name.</param>
    /// <param name="program">The program's name, if it is not the folder's.</param>
    public Publication(string project, string? preference = null, string? program = null)
    {
        _project = project;
        _preference = preference;
        _name = program ?? Path.GetFileName(project);
        _program = new Lazy<string>(Publish);
    }

    /// <summary>Why nothing can be published here, or null.</summary>
    public static string? Absent => s_absent.Value;

    /// <summary>What <see cref="Program"/> takes the first time; null where the program is there and up to
    /// date.</summary>
    public SetUp? SetUp =>
        Absent is not null || IsUpToDate ? null : new SetUp($"compiling {_name}{_preference}", s_time);

    /// <summary>The program's path.</summary>
    /// <exception cref="InvalidOperationException">It does not build.</exception>
    public string Program => _program.Value;

    private static string? FindTree(string folder)
    {
        DirectoryInfo? at = new(folder);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, Solution)))
        {
            at = at.Parent;
        }

        return at?.FullName;
    }

    private static string? WhyNot() =>
        !OperatingSystem.IsLinux() ? "measured on Linux only"
        : s_tree.Value is null ? "the source tree is not around the tool"
        : !IsInstalled("clang") && !IsInstalled("gcc") ? "not installed: clang or gcc"
        : null;

    private static bool IsInstalled(string compiler) =>
        ChildProcess.Run(compiler, ["--version"], s_limit).ExitCode == 0;

    private string Output => Path.Combine(
        Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create),
        "quiescent",
        "published",
        $"{_name}{_preference}");

    private string ProgramPath => Path.Combine(Output, "program", _name);

    // Beside the program stands what it was compiled from.
    private string Stamp => Path.Combine(Output, "sources.sha256");

    private bool IsUpToDate =>
        File.Exists(ProgramPath) && File.Exists(Stamp) && File.ReadAllText(Stamp) == HashOfSources();

    private string Publish()
    {
        if (IsUpToDate)
        {
            return ProgramPath;
        }

        string output = Output;
        string hash = HashOfSources();
        Console.Error.WriteLine($"quiescent: compiling {_name} ahead of time …");
        ChildResult result = ChildProcess.Run(
            "dotnet",
            [
                "publish", Path.Combine(s_tree.Value!, _project), "-c", "Release", "-r",
                RuntimeInformation.RuntimeIdentifier, "--nologo",
                "--artifacts-path", output, "-o", Path.Combine(output, "program"), $"-p:Preference={_preference}",
            ],
            s_limit);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{_name} does not build: {LastLine(result.Output)} {result.LastError}");
        }

        File.WriteAllText(Stamp, hash);
        return ProgramPath;
    }

    private string HashOfSources() => SourceHash.Of(
        [
            .. s_sources.Append(_project).Select(folder => Path.Combine(s_tree.Value!, folder)),
            .. Directory.GetFiles(s_tree.Value!, "Directory.*"),
        ]);

    private static string LastLine(string output) => output.TrimEnd().Split('\n')[^1].Trim();
}
