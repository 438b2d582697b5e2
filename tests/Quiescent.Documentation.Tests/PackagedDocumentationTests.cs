using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Quiescent.Documentation.Tests.Markdown;

namespace Quiescent.Documentation.Tests;

/// <summary>The documentation in a package names what its users can see, and nothing internal.</summary>
public sealed class PackagedDocumentationTests
{
    private static readonly string s_configuration =
        typeof(PackagedDocumentationTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("Quiescent", "M:Quiescent.Rcu.Synchronize")]
    [InlineData("Quiescent.Collections", "T:Quiescent.Collections.RcuBlobDictionary")]
    [InlineData("Quiescent.Testing", "T:Quiescent.Testing.QuarantineHeap")]
    public async Task It_names_no_internal_member(string package, string member)
    {
        string folder = Directory.CreateTempSubdirectory("packaged-documentation-").FullName;
        try
        {
            await PackAsync(package, folder);
            ZipFile.ExtractToDirectory(Directory.GetFiles(folder, "*.nupkg").Single(), folder);
            HashSet<string> named = Named(XDocument.Load(Path.Combine(folder, "lib", "net10.0", $"{package}.xml")));
            Assert.Contains(member, named);
            Assert.Empty(named.Intersect(Internals(package)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Fault_caught_the_documentation_as_the_compiler_writes_it()
    {
        HashSet<string> named = Named(XDocument.Load(Built("Quiescent", "xml")));
        Assert.NotEmpty(named.Intersect(Internals("Quiescent")));
    }

    private static string Built(string package, string extension) =>
        Path.Combine(WorkingTree.Root, "src", package, "bin", s_configuration, "net10.0", $"{package}.{extension}");

    private static async Task PackAsync(string package, string folder)
    {
        string project = Path.Combine(WorkingTree.Root, "src", package);
        using var pack = Process.Start(new ProcessStartInfo(
            "dotnet", ["pack", "--no-build", "-c", s_configuration, "-o", folder, project])
        { RedirectStandardOutput = true })!;
        string said = await pack.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await pack.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(pack.ExitCode == 0, said);
    }

    // As the subject of a piece of documentation, or as a name that one refers to.
    private static HashSet<string> Named(XDocument documentation) =>
        [
            .. documentation.Descendants().Attributes().Where(a => a.Name == "name" || a.Name == "cref")
                .Select(a => a.Value),
        ];

    private static HashSet<string> Internals(string package)
    {
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, metadataImportOptions: MetadataImportOptions.All);
        MetadataReference assembly = MetadataReference.CreateFromFile(Built(package, "dll"));
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var compilation = CSharpCompilation.Create(
            "All",
            references:
            [
                assembly,
                .. Directory.GetFiles(framework, "System*.dll").Select(path => MetadataReference.CreateFromFile(path)),
            ],
            options: options);
        HashSet<string> internals = [];
        Collect((IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(assembly)!, isVisible: true, internals);
        return internals;
    }

    private static void Collect(ISymbol symbol, bool isVisible, HashSet<string> internals)
    {
        isVisible &= symbol.DeclaredAccessibility
            is not (Accessibility.Internal or Accessibility.Private or Accessibility.ProtectedAndInternal);
        if (!isVisible && DocumentationCommentId.CreateDeclarationId(symbol) is { } id)
        {
            internals.Add(id);
        }

        IEnumerable<ISymbol> members = symbol switch
        {
            IAssemblySymbol assembly => [assembly.GlobalNamespace],
            INamespaceOrTypeSymbol container => container.GetMembers(),
            _ => [],
        };
        foreach (ISymbol member in members)
        {
            Collect(member, isVisible, internals);
        }
    }
}
