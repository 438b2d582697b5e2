using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// Which slots the collectors (the reclaimer, barriers, disposal) look at. An idle thread costs them nothing: its slot
// is not listed. A slot's state is in two places: two bits in ListedSlots, which collectors read, and Listed in the
// AppendWord of each queue, which the queue's own appends read.
//
//                  listed   leaving   Listed in a queue's word
//     absent          0        0         0       the next append lists the slot
//     listed          1        0      0 or 1     an append that reads 1 has nothing to say
//     leaving         1        1         0       the next append lists the slot again
//
//     List, by an append      1. word |= Listed    2. listed = 1, leaving = 0, one operation    3. read Idle, Disposed
//     DropEmpty               1. leaving = 1       2. word &= ~Listed, each queue               3. barrier [E]
//                             4. look at the queues; if they are empty: absent, unless List has cleared leaving
//
// Why it is right:
//
// O10 (a barrier misses nothing)  Once an append has returned, its slot is listed until the item is reclaimed. Suppose
//     step 4 makes the slot absent. Then no List has come through its step 2 since the slot's last step 1, which this
//     DropEmpty made or an earlier one, that found the slot empty at step 1 and not at step 4. For an append that has
//     returned by then:
//       - it read 1 in its word: before the step 2 that followed cleared it, for nothing has set it for good since. So
//         it stored the item before its thread's share of [E], and the look finds the item, or the item is reclaimed;
//       - it read 0: its List came through step 2 before that step 1, and its item is visible to the look.
//     An append that has not returned lists the slot again in step 2. So Listed in a word means, outside of List, that
//     the slot is listed and not leaving: the order of List's first two steps, and of DropEmpty's, sees to that.
// O9 (nothing sleeps on work)  The reclaimer sets Idle [U], runs DropEmpty, and sleeps only if no slot is listed. Both
//     List's step 2 [T] and [U] are full fences. For an append whose item is not reclaimed: either its slot was listed
//     when the reclaimer looked, which then does not sleep (O10); or its List comes through step 2 later, and the read
//     of Idle that follows sees it set.
// O11 (disposal)  Dispose sets Disposed [V], then UnlistAll clears Listed in the words of all listed slots; the barrier
//     [F] follows. An append that stores its item after its thread's share of [F] reads 0, lists the slot and reads
//     Disposed. For one that stored it before: the slot is listed, and the drain finds the item; or its List has yet to
//     come through step 2 [T], and reads Disposed after it. An append whose step 2 UnlistAll has missed sets Disposed
//     in its word, so that its thread's next one does not read Listed alone.
//
// Only the thread that has claimed the domain (Reclaimer.TryClaim) drops slots, so there is one DropEmpty at a time.
// The thread that appends never waits here.
//
// Checked by: listing.pml, idle.pml; ListingTests; systematic ListingTests, WakeUpTests, DisposalTests; mutants
// listing-….
internal sealed unsafe class Listing(DomainCore core)
{
    private readonly ListedSlots _listed = core.Slots.Listed;

    /// <summary>Lists the slot of the queue that the word belongs to, unless it is. A full fence if it was not. For the
    /// queue's producer, which looks at Idle and Disposed afterwards.</summary>
    public void List(AppendWord* word)
    {
        if ((Order.Acquire(&word->Flags) & AppendFlags.Listed) != 0)
        {
            return;
        }

        int flags = Order.Acquire(&core.State->AppendFlags) & ~AppendFlags.Idle;
        Order.Or(ref word->Flags, AppendFlags.Listed | flags);
        _listed.Add(word->Slot); // [T] partners: [U] in ReclaimerRun.cs, [V] in DomainCore.cs; outcomes above.
        if (core.IsDisposed)
        {
            Order.Or(ref word->Flags, AppendFlags.Disposed);
        }
    }

    /// <summary>Makes the next append to any queue look at Idle and Disposed. Any thread may call it.</summary>
    public void UnlistAll()
    {
        for (int i = _listed.Next(0); i >= 0; i = _listed.Next(i + 1))
        {
            ThreadQueues.Unlist(core.QueuesOf(i));
        }
    }

    /// <summary>Drops the slots in which nothing waits. For the reclaimer; about 10 µs when there is a busy core to
    /// interrupt.</summary>
    public void DropEmpty()
    {
        for (int i = _listed.Next(0); i >= 0; i = _listed.Next(i + 1))
        {
            if (IsEmpty(i))
            {
                GiveKept(core.QueuesOf(i)); // Their owner has emptied them, and no pass has come by since.
                _listed.BeginLeave(i);
                ThreadQueues.Unlist(core.QueuesOf(i));
            }
        }

        Order.FenceAllThreads(); // [E] partner: [D] in Producer.cs; outcomes above at O10.
        for (int i = _listed.Next(0); i >= 0; i = _listed.Next(i + 1))
        {
            if (IsEmpty(i))
            {
                _listed.TryRemove(i);
            }
        }
    }

    private void GiveKept(ThreadQueues* queues)
    {
        for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
        {
            if (!queue->HasNoPage)
            {
                using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
                queue->GiveKept(core.Queues);
            }
        }
    }

    private bool IsEmpty(int slot) => !BarrierTarget.AnythingWaits(core, core.QueuesOf(slot), codeOnly: false);
}
