using System.Numerics;
using System.Runtime.InteropServices;

namespace Quiescent.Torture.Litmus;

// Puts threads on different cores, where the platform lets a thread choose. Nothing reorders between two threads that
// take turns on one core, and on a busy machine a scheduler may leave them on one for seconds.
internal static partial class Cores
{
    /// <summary>Keeps the current thread on one of the process's cores, the same number on the same core; does nothing
    /// where the platform does not allow it.</summary>
    public static void Take(int number)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // Cores beyond the first 1,024 are not looked at.
        Span<ulong> allowed = stackalloc ulong[16];
        nuint bytes = (nuint)(allowed.Length * sizeof(ulong));
        if (GetAffinity(0, bytes, ref MemoryMarshal.GetReference(allowed)) != 0)
        {
            return;
        }

        int count = 0;
        foreach (ulong word in allowed)
        {
            count += BitOperations.PopCount(word);
        }

        if (count > 0)
        {
            KeepNth(allowed, number % count);
            _ = SetAffinity(0, bytes, ref MemoryMarshal.GetReference(allowed));
        }
    }

    private static void KeepNth(Span<ulong> set, int number)
    {
        for (int i = 0; i < set.Length; i++)
        {
            for (ulong left = set[i]; left != 0; left &= left - 1)
            {
                if (number-- == 0)
                {
                    set.Clear();
                    set[i] = left & (0 - left);
                    return;
                }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetAffinity(int thread, nuint bytes, ref ulong set);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAffinity(int thread, nuint bytes, ref ulong set);
}
