using System.Globalization;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Meters;

// How far the process's resident memory rises above where it stood. The kernel keeps the peak itself and forgets it on
// request, so that nothing is sampled while the turn runs. What earlier turns left in the allocators is returned first,
// or it would hide the growth.
internal sealed partial class PeakMemory
{
    public const string WhyUnknown = "the system does not tell a process's peak of memory";

    private const double KibibytesPerMebibyte = 1024;
    private const double BytesPerKibibyte = 1024;

    private readonly double _before;

    private PeakMemory()
    {
        File.WriteAllText("/proc/self/clear_refs", "5");
        _before = Read("VmRSS:");
    }

    public static bool IsKnown { get; } = OperatingSystem.IsLinux() && CanForget();

    /// <summary>Returns to the system what the allocators hold and nobody uses.</summary>
    public static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (IsKnown)
        {
            try
            {
                _ = MallocTrim(0);
            }
            catch (EntryPointNotFoundException)
            {
                // Not glibc; its allocator keeps what it keeps.
            }
        }
    }

    /// <summary>From here on the peak counts. Null where the kernel does not tell.</summary>
    public static PeakMemory? Watch() => IsKnown ? new PeakMemory() : null;

    /// <summary>The process's resident memory now; not a number where the system does not tell.</summary>
    public static double ResidentBytes() =>
        OperatingSystem.IsLinux() ? Read("VmRSS:") * BytesPerKibibyte : double.NaN;

    public double MebibytesAbove() => (Read("VmHWM:") - _before) / KibibytesPerMebibyte;

    private static bool CanForget()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static double Read(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(
            line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(
            line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
