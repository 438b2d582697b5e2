using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// O9, fences [D] and [E]: an append waits in its thread's store buffer behind stores to cold lines, while the thread
// has already read AppendFlags and has seen nobody to wake. Only the reclaimer's process-wide barrier brings the append
// out before its last look.
public sealed unsafe class BufferedAppendTests : IDisposable
{
    private const int Rounds = 40_000;
    private const int ColdBytes = 64 * 1024 * 1024;
    private const int PageBytes = 4096;
    private const int Lines = 12;
    private const int MaxPause = 1 << 11;

    private readonly byte* _cold = (byte*)NativeMemory.AllocZeroed(ColdBytes);

    public BufferedAppendTests() => NativeMemory.Fill(_cold, ColdBytes, 1);

    public void Dispose() => NativeMemory.Free(_cold);

    // Fault caught: no barrier, or no look after it, between setting Idle and sleeping. Each block is the only one, and
    // nothing but its own append could wake the reclaimer for it.
    [Fact]
    [Trait("Category", "Slow")]
    public void The_reclaimer_does_not_fall_asleep_over_it()
    {
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero });
        Random random = new(1);
        domain.Free(Forms.NewBlock());
        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        for (long round = 1; round <= Rounds; round++)
        {
            WaitUntilCarried(queue, round);

            // About now the reclaimer looks for the last time.
            int pause = random.Next(1 << random.Next(12)) % MaxPause;
            byte* page = _cold + ((long)random.Next(ColdBytes / PageBytes) * PageBytes);
            void* block = Forms.NewBlock();
            byte touched = *page; // A store that waits for its address does not wait in the buffer.
            for (int i = 0; i < pause; i++)
            {
                Volatile.Read(ref touched);
            }

            for (int line = 0; line < Lines; line++)
            {
                page[line * 128] = touched;
            }

            domain.Free(block);
        }

        WaitUntilCarried(queue, Rounds + 1);
        RcuAssert.BooksBalance(domain);
    }

    private static void WaitUntilCarried(PageQueue* queue, long position)
    {
        for (int i = 0; i < 20_000 && Order.Acquire(in queue->Reclaimed) < position; i++)
        {
            Thread.SpinWait(1);
        }

        Until.True(() => Order.Acquire(in queue->Reclaimed) >= position);
    }
}
