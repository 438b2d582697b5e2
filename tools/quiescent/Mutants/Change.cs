namespace Quiescent.Tool.Mutants;

// The change that a mutant makes in the sources.
internal abstract class Change
{
    /// <summary>The folder that holds the shipping sources, and so every file that a mutant may change.</summary>
    public const string Sources = "src/Quiescent/";

    /// <summary>The files that it changes, relative to the tree.</summary>
    /// <exception cref="ManifestException">It changes a file outside of the shipping sources.</exception>
    public abstract IReadOnlyList<string> Files(string tree);

    /// <exception cref="ManifestException">It does not fit the sources.</exception>
    public abstract Task Apply(string tree, CancellationToken cancellationToken);
}

// Changes one spot in one member. The manifest holds the change.
internal sealed class EditChange(SourceEdit edit) : Change
{
    public SourceEdit Edit => edit;

    public override IReadOnlyList<string> Files(string tree) => [edit.File];

    public override async Task Apply(string tree, CancellationToken cancellationToken)
    {
        string path = Path.Combine(tree, edit.File);
        if (!File.Exists(path))
        {
            throw new ManifestException($"There is no file {edit.File}.");
        }

        string source = await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(path, edit.ApplyTo(source), cancellationToken).ConfigureAwait(false);
    }
}

// Changes several spots. A patch beside the manifest holds the change.
internal sealed class PatchChange(string patch) : Change
{
    private const string NewFile = "+++ b/";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>The patch's file name.</summary>
    public string Patch => patch;

    public override IReadOnlyList<string> Files(string tree)
    {
        string path = Path.Combine(tree, Manifest.Folder, patch);
        if (!File.Exists(path))
        {
            throw new ManifestException($"There is no patch {patch}.");
        }

        string[] files =
        [
            .. File.ReadLines(path)
                .Where(line => line.StartsWith("+++ ", StringComparison.Ordinal))
                .Select(line => line.Replace(NewFile, "", StringComparison.Ordinal)),
        ];
        return files.Length != 0 && files.All(file => file.StartsWith(Sources, StringComparison.Ordinal))
            ? files
            : throw new ManifestException($"{patch} must change files of {Sources}, and no others.");
    }

    public override async Task Apply(string tree, CancellationToken cancellationToken)
    {
        string[] arguments = ["apply", "--whitespace=nowarn", $"{Manifest.Folder}/{patch}"];
        ChildResult result = await Child.Run(tree, "git", arguments, s_limit, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new ManifestException($"{patch} does not apply: {result.Output.Trim()}");
        }
    }
}
