namespace Quiescent.Tool.Mutants;

// Builds what detectors need, and no more. Most mutants change only method bodies, so that code compiled against the
// library still fits it: then this builds the library alone and replaces its copies beside the detectors.
internal sealed class Builds(string root) : IAsyncDisposable
{
    private const string Library = "src/Quiescent";
    private const string Output = "bin/Release/net10.0";
    private const string Surface = "obj/Release/net10.0/refint/Quiescent.dll";
    private const string FileName = "Quiescent.dll";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    // A mutant may leave things unused, and its style does not matter. The compiler stays loaded, in a server that
    // serves only this tree and ends with it.
    private readonly string[] _arguments =
    [
        "-c", "Release", "-v:quiet", "-nologo", "-clp:ErrorsOnly;NoSummary",
        "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false",
        "-p:UseSharedCompilation=true", $"-p:SharedCompilationId={ServerOf(root)}",
    ];

    private readonly HashSet<string> _restored = [];

    // Up to date with the current sources.
    private readonly HashSet<string> _current = [];

    // Compiled against the current surface of the library: its reference assembly, which holds internal members too.
    private readonly HashSet<string> _fitting = [];
    private byte[] _surface = [];

    /// <summary>Must be called after each change of the sources.</summary>
    public void SourcesChanged() => _current.Clear();

    /// <summary>Builds a project and everything it refers to.</summary>
    /// <returns>Null, or what the compiler says.</returns>
    public async Task<string?> Build(string project, CancellationToken cancellationToken)
    {
        if (_current.Contains(project))
        {
            return null;
        }

        // The systematic tests compile the sources themselves and do not use the library.
        bool usesLibrary = !_restored.Contains(project) || File.Exists(Path.Combine(root, project, Output, FileName));
        string? errors = usesLibrary ? await BuildLibrary(cancellationToken).ConfigureAwait(false) : null;
        if (errors is null && !(usesLibrary && _fitting.Contains(project)))
        {
            errors = await Compile(project, cancellationToken).ConfigureAwait(false);
        }

        if (errors is null)
        {
            _ = _current.Add(project);
            _ = _fitting.Add(project);
        }

        return errors;
    }

    /// <summary>Ends the compiler's server.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_restored.Count == 0)
        {
            return;
        }

        CancellationToken none = CancellationToken.None;
        string[] ask = ["msbuild", Library, "-getProperty:RoslynTargetsPath"];
        ChildResult folder = await Dotnet(ask, none).ConfigureAwait(false);
        string server = Path.Combine(folder.Output.Trim(), "bincore", "VBCSCompiler.dll");
        await Dotnet([server, "-shutdown", $"-pipename:{ServerOf(root)}"], none).ConfigureAwait(false);
    }

    private async Task<string?> BuildLibrary(CancellationToken cancellationToken)
    {
        if (_current.Contains(Library))
        {
            return null;
        }

        if (await Compile(Library, cancellationToken).ConfigureAwait(false) is { } errors)
        {
            return errors;
        }

        byte[] surface = File.ReadAllBytes(Path.Combine(root, Library, Surface));
        if (!surface.AsSpan().SequenceEqual(_surface))
        {
            _surface = surface;
            _fitting.Clear();
        }

        ReplaceCopies();
        _ = _current.Add(Library);
        return null;
    }

    private void ReplaceCopies()
    {
        string library = Path.Combine(root, Library);
        foreach (string copy in Directory.GetFiles(root, FileName, SearchOption.AllDirectories))
        {
            if (!copy.StartsWith(library + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                File.Copy(Path.Combine(library, Output, FileName), copy, overwrite: true);
            }
        }
    }

    private async Task<string?> Compile(string project, CancellationToken cancellationToken)
    {
        string[] restore = _restored.Contains(project) ? ["--no-restore"] : [];
        string[] arguments = ["build", project, .. _arguments, .. restore];
        ChildResult build = await Dotnet(arguments, cancellationToken).ConfigureAwait(false);
        if (build.ExitCode != 0)
        {
            return $"{project} does not build: {build.Output.Trim()}";
        }

        _ = _restored.Add(project);
        return null;
    }

    private Task<ChildResult> Dotnet(string[] arguments, CancellationToken cancellationToken) =>
        Child.Run(root, "dotnet", arguments, s_limit, cancellationToken);

    // It becomes the name of a socket in the temporary folder, so it is not the scratch tree's name.
    private static string ServerOf(string root) => Path.GetFileName(root) + "-compiler";
}
