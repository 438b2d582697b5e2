using System.Runtime.InteropServices;

namespace Quiescent.Ordering;

// Whether Order.FenceAllThreads can be relied upon. The runtime uses membarrier(2) on Linux. Where the kernel lacks it
// (before 4.14, or under a filter), the runtime changes a page's protection instead. That interrupts every core only if
// the hardware does not broadcast such a change by itself, as Arm and the latest x86 do. So on Linux without
// membarrier(2) every domain reads with full fences, and appends fence as well.
internal static unsafe partial class ProcessWideBarrier
{
    private const long QueryCommand = 0;
    private const long PrivateExpedited = 1 << 3;

    /// <summary>False where the runtime's fallback would be no barrier at all.</summary>
    public static readonly bool IsReliable = Probe();

    private static bool Probe()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
        {
            return true;
        }

        long membarrier = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 324,
            Architecture.Arm64 => 283,
            _ => 0,
        };
        if (membarrier == 0 || !(OperatingSystem.IsLinux() || OperatingSystem.IsAndroid()))
        {
            return RuntimeInformation.ProcessArchitecture == Architecture.X64;
        }

        try
        {
            long commands = SystemCall(membarrier, QueryCommand, 0, 0);
            return commands > 0 && (commands & PrivateExpedited) != 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long SystemCall(long number, long first, long second, long third);
}
