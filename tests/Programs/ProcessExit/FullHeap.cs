using System.Runtime.InteropServices;
using Quiescent;

// The collector's heap is full when a thread uses the library for the first time. Needs a small DOTNET_GCHeapHardLimit.
internal static unsafe class FullHeap
{
    private static object? s_filling;
    private static int s_ran;
    private static int s_failed;

    /// <summary>What needs no memory succeeds in a thread's first call.</summary>
    public static int Run()
    {
        RcuDomain domain = new();
        QueueHeads(domain); // So that the code is compiled.

        // The runtime ends the process if a thread that has just been started finds no memory, and may do so if two
        // threads at once find none.
        domain.Barrier();
        Rcu.Barrier();
        ScarceTelemetry.Await();

        Thread thread = new(() =>
        {
            Action queue = () => QueueHeads(domain);
            Fill();
            Attempt(queue);
            s_filling = null;
        });
        thread.Start();
        thread.Join();
        GC.Collect();
        Rcu.Barrier();
        domain.Barrier();
        Console.Write($"failed {s_failed}, ran {s_ran}");
        return 0;
    }

    private static void QueueHeads(RcuDomain domain)
    {
        domain.Free(NewBlock(out RcuHead* head), head);
        domain.Call((RcuHead*)NewBlock(out _), &FreeHead);
        Rcu.Free(NewBlock(out head), head);
        Rcu.Call((RcuHead*)NewBlock(out _), &FreeHead);
    }

    private static void* NewBlock(out RcuHead* head)
    {
        void* block = NativeMemory.Alloc(64);
        head = (RcuHead*)block;
        return block;
    }

    private static void FreeHead(RcuHead* head)
    {
        NativeMemory.Free(head);
        Interlocked.Increment(ref s_ran);
    }

    private static void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (OutOfMemoryException)
        {
            s_failed++;
        }
    }

    // Until not even the smallest object finds room.
    private static void Fill()
    {
        for (int length = 100_000; length > 0; length = length == 1 ? 0 : Math.Max(1, length / 4))
        {
            try
            {
                while (true)
                {
                    object?[] next = new object?[length];
                    next[0] = s_filling;
                    s_filling = next;
                }
            }
            catch (OutOfMemoryException)
            {
                // On to smaller ones.
            }
        }
    }
}
