namespace Quiescent.Tool.Mutants;

// A copy of the working tree to apply mutants to. It includes uncommitted changes, and omits what git ignores.
internal sealed class ScratchTree : IDisposable
{
    private const int DeleteAttempts = 20;

    private static readonly TimeSpan s_gitLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_betweenDeletes = TimeSpan.FromMilliseconds(100);

    private readonly bool _keep;

    // The original files that the current mutant changes.
    private readonly Dictionary<string, byte[]> _originals = [];

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
        ChildResult files = await Child.Run(tree, "git", arguments, s_gitLimit, cancellationToken)
            .ConfigureAwait(false);
        if (files.ExitCode != 0)
        {
            throw new ManifestException($"{tree} is no git working tree: {files.Output.Trim()}");
        }

        ScratchTree scratch = new(Directory.CreateTempSubdirectory("quiescent-mutants-").FullName, keep);
        string[] names = files.Output.Split(['\0', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string file in names.Distinct())
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

    /// <exception cref="ManifestException">It does not fit the sources.</exception>
    public async Task Apply(Mutant mutant, CancellationToken cancellationToken)
    {
        foreach (string file in mutant.Change.Files(Root).Where(file => File.Exists(Path.Combine(Root, file))))
        {
            _originals[file] = File.ReadAllBytes(Path.Combine(Root, file));
        }

        await mutant.Change.Apply(Root, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reverts the current mutant, even one that did not apply.</summary>
    public void Restore()
    {
        foreach ((string file, byte[] original) in _originals)
        {
            File.WriteAllBytes(Path.Combine(Root, file), original);
        }

        _originals.Clear();
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

    // A child that was killed a moment ago may have created a file meanwhile.
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
}
