using System.Runtime.InteropServices;

namespace Quiescent.Systematic.Support;

// Keeps the threads of a schedule on one processor, where handing over a turn is two to three times as fast: only one
// of them runs at any time. On a platform without this, only the time differs.
internal sealed partial class OneProcessor
{
    private const int Words = 16;
    private const int Bytes = Words * sizeof(ulong);

    private readonly ulong[] _all = new ulong[Words];
    private readonly ulong[] _one = new ulong[Words];
    private readonly bool _isKnown;

    public OneProcessor()
    {
        if (OperatingSystem.IsLinux() && GetAffinity(0, Bytes, _all) == 0)
        {
            int current = Thread.GetCurrentProcessorId();
            _isKnown = current < Bytes * 8;
            _one[current / 64 % Words] = 1UL << (current % 64);
        }
    }

    /// <summary>The current thread, and the threads that it starts from here on, stay on the processor.</summary>
    public void Stay() => Set(_one);

    /// <summary>The current thread may run anywhere again.</summary>
    public void Leave() => Set(_all);

    private void Set(ulong[] mask)
    {
        if (_isKnown)
        {
            _ = SetAffinity(0, Bytes, mask);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetAffinity(int thread, nint bytes, [Out] ulong[] mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAffinity(int thread, nint bytes, ulong[] mask);
}
