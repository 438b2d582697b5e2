using System.Runtime.CompilerServices;
using Quiescent.Callbacks;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent.Tests.Reclamation;

// What tests look at behind a domain's public face.
internal static unsafe class Inside
{
    private const string ReclaimerName = "rcu reclaimer (";

    /// <summary>Whether this is a reclaimer's thread, of whichever domain.</summary>
    public static bool IsOnReclaimer => Thread.CurrentThread.Name?.StartsWith(ReclaimerName, StringComparison.Ordinal) == true;

    public static QueueContext Context(GracePeriodDomain domain) => ContextOf(domain);

    public static Backlog Backlog(GracePeriodDomain domain) => ContextOf(domain).Backlog;

    /// <summary>Whether an append has to wake the reclaimer, or to start it.</summary>
    public static bool IsIdle(GracePeriodDomain domain) => (Order.Acquire(in domain.Words->AppendFlags) & AppendFlags.Idle) != 0;

    /// <summary>The domain's one thread; null until something was queued.</summary>
    public static Thread? ReclaimerThread(GracePeriodDomain domain) => Volatile.Read(ref ThreadOf(ReclaimerOf(domain)));

    public static AsyncWaiters Waiters(GracePeriodDomain domain) => ReclaimerOf(domain).Waiters;

    /// <summary>What waits, by a walk over all queues.</summary>
    public static (long Trivial, long User, long Callbacks) Walk(GracePeriodDomain domain)
    {
        QueueContext context = ContextOf(domain);
        (long Trivial, long User, long Callbacks) waiting = default;
        for (int i = 0; i < context.Slots.End; i++)
        {
            ThreadQueues* queues = context.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = ThreadQueues.Following(queue))
            {
                using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
                long count = PageQueue.Tail(queue, context.First) - queue->Reclaimed;
                waiting.Trivial += Deallocators.IsCode(queue->Channel) ? 0 : count;
                waiting.User += Deallocators.IsCode(queue->Channel) ? count : 0;
            }

            waiting.Trivial += Waiting(&queues->Heads);
            waiting.User += Waiting(&queues->UserHeads);
            waiting.Callbacks += Waiting(&queues->Callbacks);
        }

        return waiting;
    }

    /// <summary>Whether this thread has a slot in the domain.</summary>
    public static bool IsRegistered(GracePeriodDomain domain) => ThreadRegistrations.Find(IdOf(domain)) != null;

    /// <summary>This thread's slot in the domain.</summary>
    public static ReaderSlot* Slot(GracePeriodDomain domain) => ReaderSlot.Untwinned(ThreadRegistrations.Find(IdOf(domain)));

    private static long Waiting(HeadQueue* queue) => Order.Acquire(in queue->Count) - Order.Acquire(in queue->ReclaimedItems);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_id")]
    private static extern ref long IdOf(GracePeriodDomain domain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_context")]
    private static extern ref QueueContext ContextOf(GracePeriodDomain domain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_reclaimer")]
    private static extern ref Reclaimer ReclaimerOf(GracePeriodDomain domain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_thread")]
    private static extern ref Thread? ThreadOf(Reclaimer reclaimer);
}
