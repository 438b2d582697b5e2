namespace MappedCatalog.Serving;

/// <summary>The operating system's own list of what is mapped: it cannot be wrong about a mapping that was
/// forgotten.</summary>
internal static class ProcessMaps
{
    private const string Maps = "/proc/self/maps";

    /// <summary>How many mappings are of files in a folder, deleted ones included; null where there is no such
    /// list.</summary>
    public static int? CountFilesIn(string folder) => OperatingSystem.IsLinux()
        ? File.ReadLines(Maps).Count(line => line.Contains(folder + '/', StringComparison.Ordinal))
        : null;
}
