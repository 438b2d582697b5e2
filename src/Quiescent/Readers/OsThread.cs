using System.Runtime.InteropServices;

namespace Quiescent.Readers;

// The operating system's number for a thread, for reports: what a debugger, top -H or perf shows.
internal static partial class OsThread
{
    /// <summary>0 where the platform has no such number at hand.</summary>
    public static ulong CurrentId()
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                return GetCurrentThreadId();
            }

            return OperatingSystem.IsLinux() ? (uint)GetTid() : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetTid();

    [LibraryImport("kernel32", EntryPoint = "GetCurrentThreadId")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint GetCurrentThreadId();
}
