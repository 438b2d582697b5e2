namespace Quiescent.Tool.Mutants;

// A copy of the working tree, with what is not committed yet and without what git ignores, for patches to be applied to.
internal sealed class ScratchTree : IDisposable
{
    private static readonly TimeSpan s_gitLimit = TimeSpan.FromMinutes(1);
    private const int DeleteAttempts = 20;

    private static readonly TimeSpan s_betweenDeletes = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(5);

    // A patch leaves things unused and its style is nobody's concern.
    private static readonly string[] s_buildArguments =
    [
        "-c", "Release", "-v:quiet", "-nologo", "-clp:ErrorsOnly;NoSummary",
        "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false",
    ];

    private readonly bool _keep;
    private readonly HashSet<string> _restored = [];

    private ScratchTree(string root, bool keep)
    {
        Root = root;
        _keep = keep;
    }

    public string Root { get; }

    /// <exception cref="ManifestException">The folder is no git working tree.</exception>
    public static async Task<ScratchTree> Copy(string tree, bool keep, CancellationToken cancellationToken)
    {
        string[] arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        ChildResult files = await Child.Run(tree, "git", arguments, s_gitLimit, cancellationToken).ConfigureAwait(false);
        if (files.ExitCode != 0)
        {
            throw new ManifestException($"{tree} is no git working tree: {files.Output.Trim()}");
        }

        ScratchTree scratch = new(Directory.CreateTempSubdirectory("quiescent-mutants-").FullName, keep);
        foreach (string file in files.Output.Split(['\0', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Distinct())
        {
            string from = Path.Combine(tree, file);
            string to = Path.Combine(scratch.Root, file);
            if (File.Exists(from))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(from, to);
            }
        }

        return scratch;
    }

    public Task<ChildResult> Apply(Mutant mutant, CancellationToken cancellationToken) => Patch(mutant, [], cancellationToken);

    public Task<ChildResult> Revert(Mutant mutant, CancellationToken cancellationToken) => Patch(mutant, ["--reverse"], cancellationToken);

    /// <summary>Builds a project and what it refers to; restores its packages the first time.</summary>
    public Task<ChildResult> Build(string project, CancellationToken cancellationToken)
    {
        string[] restore = _restored.Add(project) ? [] : ["--no-restore"];
        return Child.Run(Root, "dotnet", ["build", project, .. s_buildArguments, .. restore], s_buildLimit, cancellationToken);
    }

    public Task<ChildResult> Run(Detector detector, TimeSpan limit, CancellationToken cancellationToken) =>
        Child.Run(Root, Path.Combine(Root, detector.Program), detector.Arguments, limit, cancellationToken);

    public void Dispose()
    {
        if (!_keep)
        {
            DeleteRoot();
        }
    }

    // A child that was killed a moment ago may have made a file meanwhile.
    private void DeleteRoot()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(Root, recursive: true);
                return;
            }
            catch (IOException) when (attempt < DeleteAttempts)
            {
                Thread.Sleep(s_betweenDeletes);
            }
        }
    }

    private Task<ChildResult> Patch(Mutant mutant, string[] options, CancellationToken cancellationToken)
    {
        string[] arguments = ["apply", "--whitespace=nowarn", .. options, $"{Manifest.Folder}/{mutant.Patch}"];
        return Child.Run(Root, "git", arguments, s_gitLimit, cancellationToken);
    }
}
