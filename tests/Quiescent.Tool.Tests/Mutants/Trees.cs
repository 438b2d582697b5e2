using System.Diagnostics;
using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

// A working tree of four files: a source that says "sound", one patch, the manifest, and a detector that reads the source.
internal sealed class TinyTree : IDisposable
{
    private const string Source = "src/Quiescent/Source.txt";

    public TinyTree(string detector, string manifest, string patchedLine = "broken")
    {
        Write(Source, "sound\n");
        Write("detect", "#!/bin/sh\n" + detector + "\n");
        Write($"{Manifest.Folder}/mutants.json", manifest);
        Write($"{Manifest.Folder}/mutant.patch", $"""
            --- a/{Source}
            +++ b/{Source}
            @@ -1 +1 @@
            -sound
            +{patchedLine}

            """.ReplaceLineEndings("\n"));
        Run("chmod", "+x", "detect");
        Run("git", "init", "--quiet");
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("tiny-tree-").FullName;

    /// <summary>What stands in the source of the tree itself, which no run may change.</summary>
    public string SourceText
    {
        get => File.ReadAllText(Path.Combine(Root, Source));
        set => Write(Source, value);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Write(string path, string text)
    {
        string full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Root })!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}

internal static class Trees
{
    /// <summary>The working tree that this test was built from.</summary>
    public static string Own()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !Directory.Exists(Path.Combine(folder, Manifest.Folder)))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The test was not built inside of its tree.");
    }
}
