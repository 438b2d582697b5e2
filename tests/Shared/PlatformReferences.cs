using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Quiescent.Shared;

/// <summary>The references of a compilation that uses the platform which runs the tests.</summary>
internal static class PlatformReferences
{
    private static readonly ImmutableArray<MetadataReference> s_platform = References();

    /// <summary>The platform's assemblies and those that stand at the paths.</summary>
    public static ImmutableArray<MetadataReference> With(params IEnumerable<string> libraries) =>
        [.. s_platform, .. libraries.Select(path => MetadataReference.CreateFromFile(path))];

    private static ImmutableArray<MetadataReference> References()
    {
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        return
        [
            .. platform.Split(Path.PathSeparator)
                .Where(path => Path.GetDirectoryName(path) == framework)
                .Select(path => MetadataReference.CreateFromFile(path)),
        ];
    }
}
