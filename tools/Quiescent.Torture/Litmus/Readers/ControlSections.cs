using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Torture.Litmus.Readers;

// No sections, and no wait.
internal readonly unsafe struct NoSections : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            body.Inside(body.Pointer->LoadProtected());
        }
    }

    public void Synchronize()
    {
    }
}

// The same announcement and the same scan with plain stores, and nothing that orders either side.
internal readonly unsafe struct UnfencedSections : ISections, IDisposable
{
    // On lines of their own: the grace period started, then the reader's announcement.
    private readonly ulong* _started = (ulong*)NativeMemory.AlignedAlloc(512, 128);
    private readonly ulong* _announced;

    public UnfencedSections()
    {
        _announced = _started + 32;
        *_started = 1;
        *_announced = 0;
    }

    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            Volatile.Write(ref *_announced, Volatile.Read(ref *_started));
            body.Inside(body.Pointer->LoadProtected());
            Volatile.Write(ref *_announced, 0);
        }
    }

    public void Synchronize()
    {
        ulong target = *_started + 1;
        Volatile.Write(ref *_started, target);
        ulong word;
        while ((word = Volatile.Read(ref *_announced)) != 0 && word < target)
        {
            Thread.SpinWait(1);
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_started);
}

// The library's own engine and announcement, with no fence in the reader. With the process-wide barrier this is what a
// domain does under Asymmetric. Without it, the engine is the one for readers that fence: the grace period has the full
// fence of the exchange that starts it, and no other.
internal readonly unsafe struct EngineSections : ISections
{
    private readonly SlotTable _slots;
    private readonly GracePeriodEngine _engine;

    public EngineSections(bool fenceAllThreads)
    {
        _slots = new SlotTable(queueBytes: 64, queueMemory: null, fullFence: !fenceAllThreads, validate: false);
        _engine = GracePeriodEngine.OverSlots(_slots);
    }

    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        // SAFETY: the table outlives the slot, because the struct refers to it.
        ReaderSlot* slot = _slots.Extend(new SlotOwner(_slots, ThreadLife.OfCurrent()));
        DomainState* words = _slots.State;
        while (body.Next())
        {
            ulong word = Section.Announce(slot, words);
            body.Inside(body.Pointer->LoadProtected());
            Order.Release(ref slot->Word, word - 1);
        }

        GC.KeepAlive(_slots);
    }

    public void Synchronize()
    {
        ulong target = _engine.NextTarget();
        while (!_engine.TryAdvance(target))
        {
            Thread.SpinWait(1);
        }
    }
}
