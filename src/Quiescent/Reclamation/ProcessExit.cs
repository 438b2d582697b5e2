using System.Diagnostics;
using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// At process exit managed callbacks get a bounded chance: a flush or a close that waits for its grace period is worth a moment,
// and a reader that never ends must not keep the process. Blocks are left to the operating system.
internal static class ProcessExit
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);
    private static readonly List<Reclaimer> s_reclaimers = [];
    private static int s_gate;

    static ProcessExit() => AppDomain.CurrentDomain.ProcessExit += (_, _) => GiveChance();

    public static void Register(Reclaimer reclaimer)
    {
        using (TryLock.Hold(ref s_gate))
        {
            s_reclaimers.Add(reclaimer);
        }
    }

    public static void Forget(Reclaimer reclaimer)
    {
        using (TryLock.Hold(ref s_gate))
        {
            s_reclaimers.Remove(reclaimer);
        }
    }

    private static void GiveChance()
    {
        Reclaimer[] reclaimers;
        using (TryLock.Hold(ref s_gate))
        {
            reclaimers = [.. s_reclaimers];
        }

        long start = Stopwatch.GetTimestamp();
        foreach (Reclaimer reclaimer in reclaimers)
        {
            if (reclaimer.IsCurrentThread)
            {
                continue;
            }

            reclaimer.BeginHurry();
            while (reclaimer.IsCodeWaiting && Stopwatch.GetElapsedTime(start) < s_limit)
            {
                Thread.Sleep(1);
            }

            reclaimer.EndHurry();
        }
    }
}
