using System.Diagnostics.Tracing;
using System.Runtime.InteropServices;
using Quiescent;

// A listener that is being shown an event source, under the lock that the runtime has for all listeners, waits for a
// thread that uses the library for the first time. Nothing in the process has used the thread pool or tasks before.
internal sealed unsafe class FirstUse : EventListener
{
    private static string s_use = "";
    private static int s_isShown;

    public static int Run(string use)
    {
        s_use = use;
        new FirstUse().Dispose();
        Rcu.Barrier();
        Console.Write("went on");
        return 0;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (Interlocked.Exchange(ref s_isShown, 1) == 0)
        {
            Thread user = new(Use);
            user.Start();
            user.Join();
        }
    }

    private static void Use()
    {
        switch (s_use)
        {
            case "section":
                Rcu.ReadLock().Dispose();
                break;
            case "reader":
                Rcu.RegisterReader().Dispose();
                break;
            case "free":
                Rcu.Free(NativeMemory.Alloc(16));
                break;
            case "head":
                void* block = NativeMemory.Alloc(64);
                Rcu.Free(block, (RcuHead*)block);
                break;
            case "function":
                Rcu.Call((RcuHead*)NativeMemory.Alloc(64), &FreeHead);
                break;
            case "callback":
                Rcu.Call(static () => { });
                break;
            case "synchronize":
                Rcu.Synchronize();
                break;
            case "barrier":
                Rcu.Call(static () => { });
                Rcu.Barrier();
                break;
            case "poll":
                Rcu.CondSynchronize(Rcu.StartPoll());
                break;
            case "pool":
                using (RcuPool<long> pool = new())
                {
                    pool.Free(pool.Rent());
                }

                break;
            case "domain":
                using (RcuDomain domain = new())
                {
                    domain.ReadLock().Dispose();
                    domain.Call(static () => { });
                    domain.Barrier();
                }

                break;
            case "wait-inside": // a section of another domain
                using (RcuDomain other = new())
                using (other.ReadLock())
                {
                    Rcu.Synchronize();
                }

                break;
            default:
                using (SrcuDomain domain = new())
                {
                    domain.ReadLock().Dispose();
                    domain.Synchronize();
                }

                break;
        }
    }

    private static void FreeHead(RcuHead* head) => NativeMemory.Free(head);
}
