using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// At process exit, user code that waits for its grace period gets a share of the time that is left (ProcessEnd), in one
// domain after the other: a flush or a close is worth a moment, and a reader that never ends must not keep the process.
// Blocks are left to the operating system. CoreCLR raises the event on its finalizer thread and does not tell which
// thread asked for the exit: if a callback did, it never returns, and costs its domain's whole share. NativeAOT raises
// it on the thread that exits, which does not wait for itself.
internal static class ProcessExit
{
    private static List<Reclaimer>? s_reclaimers;
    private static int s_gate;

    /// <exception cref="OutOfMemoryException">Nothing has changed. (A static constructor would fail for
    /// ever.)</exception>
    public static void Register(Reclaimer reclaimer)
    {
        using (TryLock.Hold(ref s_gate))
        {
            if (s_reclaimers is null)
            {
                List<Reclaimer> reclaimers = [];
                AppDomain.CurrentDomain.ProcessExit += (_, _) => GiveChance();
                s_reclaimers = reclaimers;
            }

            s_reclaimers.Add(reclaimer);
        }
    }

    public static void Forget(Reclaimer reclaimer)
    {
        using (TryLock.Hold(ref s_gate))
        {
            s_reclaimers?.Remove(reclaimer);
        }
    }

    private static void GiveChance()
    {
        ProcessEnd.Begin(); // There may have been no memory to listen earlier.
        Reclaimer[] reclaimers;
        using (TryLock.Hold(ref s_gate))
        {
            reclaimers = [.. s_reclaimers!];
        }

        foreach (Reclaimer reclaimer in reclaimers)
        {
            if (reclaimer.IsCurrentThread)
            {
                continue;
            }

            ExitShare exit = default;
            reclaimer.BeginExpedited();
            while (reclaimer.IsCodeWaiting && !exit.HasRunOut())
            {
                Backoff.SleepUninterrupted(1);
            }

            reclaimer.EndExpedited();
        }
    }
}
