using System.Runtime.InteropServices;

namespace Quiescent.Claims.Subjects;

// The subject compiled ahead of time, in a temporary folder, where the sources and a NativeAOT toolchain are there.
internal sealed class AheadOfTimeBuild : IDisposable
{
    private const string Project = "bench/Claims.Subject/Claims.Subject.csproj";

    private readonly string _folder = Directory.CreateTempSubdirectory("quiescent-claims-").FullName;

    /// <exception cref="ChildException">It cannot be built here.</exception>
    public CompiledSubject Build()
    {
        string project = FindProject() ?? throw new ChildException("the sources are not around the current folder");
        string program = Path.Combine(_folder, "program");
        Child.Run(
            CompiledSubject.JustInTime.Program,
            [
                "publish", project, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", program,
                "--artifacts-path", Path.Combine(_folder, "build"), "-nodeReuse:false", "-p:UseSharedCompilation=false",
            ]).RequireSuccess();
        return CompiledSubject.AheadOfTime(program);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string? FindProject()
    {
        for (DirectoryInfo? folder = new(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            string project = Path.Combine(folder.FullName, Project);
            if (File.Exists(project))
            {
                return project;
            }
        }

        return null;
    }
}
