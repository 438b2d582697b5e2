using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

// The mutants of the tree itself, on the sources as they are now.
public sealed class ShippedMutantsTests
{
    private static readonly string s_tree = Trees.Own();

    [Fact]
    public void Every_patch_belongs_to_a_mutant()
    {
        string[] patches = Directory.GetFiles(Path.Combine(s_tree, Manifest.Folder), "*.patch");
        IEnumerable<Change> changes = Manifest.Read(s_tree).Select(mutant => mutant.Change);
        Assert.Equal(
            patches.Select(Path.GetFileName).Order(),
            changes.OfType<PatchChange>().Select(change => change.Patch).Order());
    }

    // Fault caught: a mutant that no longer fits the sources, or changes nothing, or does not compile.
    [Fact]
    [Trait("Category", "Slow")]
    public async Task Every_mutant_applies_changes_each_of_its_files_and_compiles()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        LibraryCompilation library = new(s_tree);
        Assert.Empty(library.Errors());
        List<string> faults = [];
        using ScratchTree scratch = await ScratchTree.Copy(s_tree, keep: false, cancellation);
        foreach (Mutant mutant in Manifest.Read(s_tree))
        {
            try
            {
                await scratch.Apply(mutant, cancellation);
                faults.AddRange(FaultsOf(mutant, scratch, library).Select(fault => $"{mutant.Name}: {fault}"));
            }
            catch (ManifestException e)
            {
                faults.Add($"{mutant.Name}: {e.Message}");
            }
            finally
            {
                scratch.Restore();
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    // Broken twins of the test above, whose errors are in the changed file itself and in another.
    [Fact]
    [Trait("Category", "Slow")]
    public void A_change_that_does_not_compile_is_found()
    {
        LibraryCompilation library = new(s_tree);
        string rcu = $"{Change.Sources}Rcu.cs";
        string sound = File.ReadAllText(Path.Combine(s_tree, rcu));
        string misfit = sound + "file static class Broken { static void Call() => Rcu.Synchronize(1); }";
        Assert.Empty(ErrorsOf(sound));
        Assert.Contains("CS1501", Assert.Single(ErrorsOf(misfit)), StringComparison.Ordinal);
        Assert.Contains(ErrorsOf("namespace Quiescent;"), error => error.Contains("'Rcu'", StringComparison.Ordinal));

        IReadOnlyList<string> ErrorsOf(string text) =>
            library.ErrorsWith(new Dictionary<string, string> { [rcu] = text });
    }

    private static IEnumerable<string> FaultsOf(Mutant mutant, ScratchTree scratch, LibraryCompilation library)
    {
        Dictionary<string, string> changed = [];
        foreach (string file in mutant.Change.Files(scratch.Root))
        {
            changed[file] = File.ReadAllText(Path.Combine(scratch.Root, file));
            if (changed[file] == File.ReadAllText(Path.Combine(s_tree, file)))
            {
                yield return $"{file} is as before.";
            }
        }

        foreach (string error in library.ErrorsWith(changed))
        {
            yield return error;
        }
    }
}
