using System.Runtime.InteropServices;
using Quiescent;

// The process exits where it never comes back from, and a handler of the exit waits for just that. What the program
// writes says how the wait ended.
internal static unsafe class Exits
{
    /// <summary>Exits with 3 from a place, while a handler waits in a way; see the cases.</summary>
    public static int Run(string place, string wait)
    {
        RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogLimit = 16,
            BacklogPolicy = wait == "free-throttled" ? BacklogPolicy.Throttle : BacklogPolicy.Block,
            StallTimeout = TimeSpan.FromMilliseconds(50),
        });
        RcuPool<long> pool = new(domain);
        long* block = pool.Rent();
        RcuDomain healthy = new();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Wait(domain, pool, wait);
                Console.Write("went on ");
            }
            catch (TimeoutException)
            {
                Console.Write("timed out ");
            }

            if (wait != "free") // It leaves no time for others.
            {
                healthy.Call(static () => Console.Write("healthy "));
                healthy.Dispose();
            }
        };
        switch (place)
        {
            case "section":
                using (domain.ReadLock())
                {
                    Queue(domain, pool, block);
                    Environment.Exit(3);
                }

                break;

            case "crowd": // Others wait for the section already, by turns.
                using (domain.ReadLock())
                {
                    Queue(domain, pool, block);
                    Crowd(domain.Synchronize);
                    Crowd(domain.Barrier);
                    Environment.Exit(3);
                }

                break;

            case "callback":
                using (ManualResetEventSlim queued = new())
                {
                    domain.Call(() =>
                    {
                        queued.Wait();
                        Environment.Exit(3);
                    });
                    Queue(domain, pool, block);
                    queued.Set();
                    Thread.Sleep(Timeout.Infinite);
                }

                break;

            case "handler": // of another disposal, which never returns from it
                using (ManualResetEventSlim entered = new())
                {
                    new Thread(() => Park(domain, entered)) { IsBackground = true }.Start();
                    entered.Wait();
                }

                Queue(domain, pool, block);
                domain.Stalled += static (_, _) => Environment.Exit(3);
                domain.Dispose();
                break;

            case "main": // No reader is in the way.
                Queue(domain, pool, block);
                return 3;
        }

        Thread.Sleep(Timeout.Infinite);
        return 1;
    }

    private static void Queue(RcuDomain domain, RcuPool<long> pool, long* block)
    {
        pool.Free(block);
        domain.Call(static () => Console.Write("called "));
    }

    private static void Crowd(Action wait)
    {
        for (int i = 0; i < 8; i++)
        {
            Thread member = new(() => wait()) { IsBackground = true };
            member.Start();
            SpinWait.SpinUntil(() => (member.ThreadState & ThreadState.WaitSleepJoin) != 0);
        }
    }

    private static void Park(RcuDomain domain, ManualResetEventSlim entered)
    {
        using ReadGuard guard = domain.ReadLock();
        entered.Set();
        Thread.Sleep(Timeout.Infinite);
    }

    private static void Wait(RcuDomain domain, RcuPool<long> pool, string wait)
    {
        switch (wait)
        {
            case "dispose":
                domain.Dispose();
                break;

            case "dispose-inside":
                domain.Barrier();
                using (domain.ReadLock())
                {
                    domain.Call(static () => { });
                    domain.Dispose();
                }

                break;

            case "dispose-async":
                domain.DisposeAsync().AsTask().Wait();
                break;

            case "dispose-elsewhere":
                Task.Run(domain.Dispose).Wait();
                break;

            case "dispose-pool":
                pool.Dispose();
                break;

            case "synchronize":
                domain.Synchronize();
                break;

            case "barrier":
                domain.Barrier();
                break;

            case "free": // Above the limit it blocks.
            case "free-throttled": // At eight blocks a second this would take minutes.
                for (int i = 0; i < 2000; i++)
                {
                    domain.Free(NativeMemory.Alloc(16));
                }

                break;
        }
    }
}
