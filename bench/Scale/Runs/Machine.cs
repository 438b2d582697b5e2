using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Runs;

// The machine of a run: figures of two machines are not compared.
internal sealed record Machine
{
    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required string Architecture { get; init; }

    public required string OperatingSystem { get; init; }

    public required string Runtime { get; init; }

    /// <summary>The library and its peers.</summary>
    public required PackageVersion[] Packages { get; init; }

    /// <summary>This machine.</summary>
    public static Machine Describe(IEnumerable<PackageVersion> packages) => new()
    {
        Processor = ReadProcessor(),
        Cores = Environment.ProcessorCount,
        Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
        OperatingSystem = RuntimeInformation.OSDescription,
        Runtime = string.Create(CultureInfo.InvariantCulture, $".NET {Environment.Version}"),
        Packages = [.. packages],
    };

    private static string ReadProcessor()
    {
        const string Processors = "/proc/cpuinfo";
        if (File.Exists(Processors)
            && File.ReadLines(Processors).FirstOrDefault(
                line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line)
        {
            return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
    }
}

internal sealed record PackageVersion(string Name, string Version)
{
    /// <summary>A package that this assembly was built with.</summary>
    public static PackageVersion Of(string package)
    {
        IEnumerable<AssemblyMetadataAttribute> all =
            typeof(PackageVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>();
        return new PackageVersion(package, all.FirstOrDefault(one => one.Key == package)?.Value ?? "unknown");
    }
}
