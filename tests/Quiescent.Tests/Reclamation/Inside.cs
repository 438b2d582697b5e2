using System.Runtime.CompilerServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent.Tests.Reclamation;

// What tests look at behind a domain's public face.
internal static unsafe class Inside
{
    private const string ReclaimerName = "rcu reclaimer (";

    /// <summary>Whether this is a reclaimer's thread, of whichever domain.</summary>
    public static bool IsOnReclaimer =>
        Thread.CurrentThread.Name?.StartsWith(ReclaimerName, StringComparison.Ordinal) == true;

    public static DomainCore Core(GracePeriodDomain domain) => domain.Core;

    public static Backlog Backlog(GracePeriodDomain domain) => domain.Core.Backlog;

    /// <summary>Whether an append has to wake the reclaimer, or to start it.</summary>
    public static bool IsIdle(GracePeriodDomain domain) =>
        (Order.Acquire(in domain.Core.State->AppendFlags) & AppendFlags.Idle) != 0;

    /// <summary>The domain's one thread; null until something was queued.</summary>
    public static Thread? ReclaimerThread(GracePeriodDomain domain) => domain.Core.Reclaimer.Thread;

    /// <summary>How many threads of the domain were started, and have not done their last step.</summary>
    public static int ThreadsOf(GracePeriodDomain domain) => Volatile.Read(ref StartedOf(ClaimOf(domain)));

    public static ReclaimerClaim ClaimOf(GracePeriodDomain domain) => ClaimOf(domain.Core.Reclaimer);

    public static AsyncWaiters Waiters(GracePeriodDomain domain) => domain.Core.Reclaimer.Waiters;

    /// <summary>How many items wait, by a walk over all queues.</summary>
    public static (long Trivial, long User, long Callbacks) Walk(GracePeriodDomain domain)
    {
        DomainCore core = domain.Core;
        (long Trivial, long User, long Callbacks) waiting = default;
        for (int i = 0; i < core.Slots.End; i++)
        {
            ThreadQueues* queues = core.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
            {
                using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
                long count = queue->Tail() - queue->Reclaimed;
                waiting.Trivial += Deallocators.IsCode(queue->Channel) ? 0 : count;
                waiting.User += Deallocators.IsCode(queue->Channel) ? count : 0;
            }

            waiting.Trivial += Waiting(&queues->Heads);
            waiting.User += Waiting(&queues->UserHeads);
            waiting.Callbacks += Waiting(&queues->Callbacks);
        }

        return waiting;
    }

    /// <summary>The slots that collectors look at.</summary>
    public static List<int> Listed(GracePeriodDomain domain)
    {
        List<int> slots = [];
        ListedSlots listed = domain.Core.Slots.Listed;
        for (int i = listed.Next(0); i >= 0; i = listed.Next(i + 1))
        {
            slots.Add(i);
        }

        return slots;
    }

    /// <summary>Whether this thread has a slot in the domain.</summary>
    public static bool IsRegistered(GracePeriodDomain domain) => ThreadRegistrations.Find(domain.Core.Id) != null;

    /// <summary>This thread's slot in the domain.</summary>
    public static ReaderSlot* Slot(GracePeriodDomain domain) =>
        ReaderSlot.Untwinned(ThreadRegistrations.Find(domain.Core.Id));

    private static long Waiting(HeadQueue* queue) =>
        Order.Acquire(in queue->Count) - Order.Acquire(in queue->ReclaimedItems);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_started")]
    private static extern ref int StartedOf(ReclaimerClaim claim);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_claim")]
    private static extern ref ReclaimerClaim ClaimOf(Reclaimer reclaimer);
}
