using System.Numerics;
using System.Runtime.InteropServices;

namespace Quiescent.Torture.Background;

// The processors on which the actors may run just now: all, or all except one that is left idle (rcutorture's shuffle).
// With two processors that puts all actors on one, where threads are preempted inside sections.
internal sealed class AffinityPlan
{
    private readonly ulong[]? _allowed = ThreadAffinity.Read();
    private ulong[]? _mask;
    private int _turn;

    /// <summary>Whether the platform lets a thread choose.</summary>
    public bool IsSupported => _allowed is not null && Processors > 1;

    public ulong[]? Mask => Volatile.Read(ref _mask);

    private int Processors => _allowed!.Sum(BitOperations.PopCount);

    /// <summary>Leaves the next processor idle; once in a round, none.</summary>
    public void Shuffle()
    {
        int idle = _turn++ % (Processors + 1);
        ulong[] mask = [.. _allowed!];
        for (int i = 0, seen = 0; i < mask.Length * 64; i++)
        {
            ulong bit = 1ul << (i % 64);
            if ((mask[i / 64] & bit) != 0 && seen++ == idle)
            {
                mask[i / 64] &= ~bit;
            }
        }

        Volatile.Write(ref _mask, mask);
    }
}

// One thread's view of the plan.
internal partial struct ThreadAffinity
{
    private const int Words = 16; // 1,024 processors, as glibc's cpu_set_t.

    private ulong[]? _followed;

    /// <summary>Applies the plan, if it has changed.</summary>
    public void Follow(AffinityPlan plan)
    {
        ulong[]? mask = plan.Mask;
        if (!ReferenceEquals(mask, _followed))
        {
            _followed = mask;
            _ = SchedSetAffinity(0, Words * sizeof(ulong), mask!);
        }
    }

    /// <summary>The processors that this thread may use; null where the platform does not say.</summary>
    public static ulong[]? Read()
    {
        try
        {
            ulong[] mask = new ulong[Words];
            return OperatingSystem.IsLinux() && SchedGetAffinity(0, Words * sizeof(ulong), mask) >= 0 ? mask : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SchedSetAffinity(int thread, nint bytes, ulong[] mask);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SchedGetAffinity(int thread, nint bytes, [Out] ulong[] mask);
}
