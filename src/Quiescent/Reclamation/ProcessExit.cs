using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// At process exit, user code that waits for its grace period gets a share of the time that is left (ProcessEnd), in one
// domain after the other: a flush or a close is worth a moment, and a reader that never ends must not keep the process.
// Blocks are left to the operating system. CoreCLR raises the event on its finalizer thread and does not tell which
// thread asked for the exit: if a callback did, it never returns, and costs its domain's whole share. NativeAOT raises
// it on the thread that exits, which does not wait for itself.
internal static class ProcessExit
{
    private static Reclaimer? s_first;
    private static int s_count;
    private static int s_gate;
    private static int s_isPrepared;

    /// <summary>Listens to the process's exit, from the first call on.</summary>
    /// <exception cref="OutOfMemoryException">The next call tries again.</exception>
    public static void Prepare()
    {
        if (!TryLock.TryEnter(ref s_isPrepared))
        {
            return;
        }

        try
        {
            AppDomain.CurrentDomain.ProcessExit += GiveChance;
        }
        catch
        {
            TryLock.Exit(ref s_isPrepared);
            throw;
        }
    }

    /// <summary>From here on the reclaimer gets its chance. Call it once; needs no memory.</summary>
    public static void Add(Reclaimer reclaimer)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        reclaimer.NextAtExit = s_first;
        if (s_first is not null)
        {
            s_first.PreviousAtExit = reclaimer;
        }

        s_first = reclaimer;
        s_count++;
    }

    public static void Forget(Reclaimer reclaimer)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        if (reclaimer.PreviousAtExit is { } previous)
        {
            previous.NextAtExit = reclaimer.NextAtExit;
        }
        else if (s_first == reclaimer)
        {
            s_first = reclaimer.NextAtExit;
        }
        else
        {
            return; // It is not here.
        }

        if (reclaimer.NextAtExit is { } next)
        {
            next.PreviousAtExit = reclaimer.PreviousAtExit;
        }

        reclaimer.NextAtExit = reclaimer.PreviousAtExit = null;
        s_count--;
    }

    private static Reclaimer[] All()
    {
        Reclaimer[] all = new Reclaimer[Order.Acquire(in s_count)];
        while (!TryCopy(all))
        {
            all = new Reclaimer[Order.Acquire(in s_count)];
        }

        return all;
    }

    private static bool TryCopy(Reclaimer[] all)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        if (s_count != all.Length)
        {
            return false;
        }

        int i = all.Length;
        for (Reclaimer? each = s_first; each is not null; each = each.NextAtExit)
        {
            all[--i] = each; // The oldest first.
        }

        return true;
    }

    private static void GiveChance(object? sender, EventArgs arguments)
    {
        ProcessEnd.Begin(); // There may have been no memory to listen earlier.
        foreach (Reclaimer reclaimer in All())
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
