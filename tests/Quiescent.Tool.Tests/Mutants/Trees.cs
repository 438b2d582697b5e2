using System.Diagnostics;
using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

// A working tree of a few files: two sources that say "sound", a patch of the first, the manifest, and a detector.
internal sealed class TinyTree : IDisposable
{
    /// <summary>The source that the entry of a manifest may change.</summary>
    public const string Code = "src/Quiescent/Code.cs";

    private const string Source = "src/Quiescent/Source.txt";

    public TinyTree(string detector, string manifest, string patchedLine = "broken")
    {
        Write(Source, "sound\n");
        Write(Code, "class Code\n{\n    string Says() => \"sound\";\n\n    string Told() => \"sound\";\n}\n");
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

    /// <summary>The contents of the tree's own source, which no run may change.</summary>
    public string SourceText
    {
        get => File.ReadAllText(Path.Combine(Root, Source));
        set => Write(Source, value);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public void Write(string path, string text)
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

    /// <summary>The library's source files, relative to the tree.</summary>
    public static IEnumerable<string> Sources(string tree) =>
        Directory.GetFiles(Path.Combine(tree, Change.Sources), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(tree, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith(Change.Sources + "obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
