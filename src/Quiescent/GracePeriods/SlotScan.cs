using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// Waits for the sections that threads announce in their slots: one pass with a cursor over the table. Why it is right:
//
// O1  Begin() issues the process-wide barrier [B] before the scan reads the first slot. Readers/Section.cs says what
//     that gives a reader on either side of [B]. One barrier per grace period suffices, since a section carries the
//     sequence it was entered with: a section that the scan passes by because it is new enough needs no second look. A
//     one-bit phase would need a second flip.
// O2  The scan loads each slot with acquire: a section's loads come before its exit, the exit before the scan's load.
//     TSections says what announces a section: the slot's word, or a ticket.
// O5  The end of the table is read after [B]; see Readers/SlotTable.cs. The cursor may rest: a slot once seen quiescent
//     or new enough cannot hold this grace period up again.
internal sealed unsafe class SlotScan<TSections>(SlotTable slots, DeadReaders dead) : ReaderScan
    where TSections : struct, ISlotSections
{
    // How many looks at readers in the way there are to one that asks the operating system whether the thread lives.
    private const int LooksPerQuestion = 256;

    private int _wouldWake;
    private int _looks;
    private int _cursor;
    private Ticket* _resume; // In the cursor's slot.
    private int _end;
    private ulong _target;

    public override void Begin()
    {
        if (!slots.FullFence)
        {
            // [B] partners: [A] in Readers/Section.cs, [P] in Sleepable/SleepableSection.cs, [C] in
            // Readers/SlotTable.cs.
            Order.FenceAllThreads();
        }

        // O5 (slot visible before use): the end is read after barrier [B]. A thread whose slot this read misses began
        // its section after [B], and so sees every unlink.
        _end = slots.End;
        _cursor = 0;
        _resume = null;
    }

    public override bool Scan(ulong target)
    {
        _target = target;
        while (_cursor < _end)
        {
            Debug.Assert(_end <= slots.End, "O5: the table only grows.");
            ReaderSlot* run = slots.Run(_cursor, _end, out int length);
            for (int i = 0; i < length; i++)
            {
                // SAFETY: the run lies inside one chunk, and chunks outlive the engine.
                if (TSections.IsInTheWay(run, target, ref _resume) && !TryPassDead(_cursor + i))
                {
                    _cursor += i;
                    Order.Release(ref _wouldWake, ReaderHandles.IsOnline(run) ? 1 : 0);
                    return false;
                }

                run = (ReaderSlot*)((byte*)run + ReaderSlot.Stride);
            }

            _cursor += length;
        }

        if (_wouldWake != 0)
        {
            Order.Release(ref _wouldWake, 0);
        }

        return true;
    }

    public override bool BeginsWithBarrier => !slots.FullFence;

    public override bool WouldWake => Order.Acquire(in _wouldWake) != 0;

    public override bool MaySleep()
    {
        if (_cursor == _end)
        {
            return false;
        }

        // SAFETY: the cursor is below the table's end. Asking, and the look behind it, are under the engine's lock.
        ReaderSlot* slot = slots[_cursor];
        ReaderHandles.TryAsk(slot);
        return TSections.IsInTheWay(slot, _target, ref _resume);
    }

    public override ScanPlace? Place => _cursor < _end ? new ScanPlace(_cursor, _target) : null;

    public override ReaderIdentity? FindReader(ScanPlace place) => TSections.FindReader(slots, place);

    public override ThreadStat ReadThread(ScanPlace place) =>
        TSections.EndWithTheirThread && slots.OwnerOf(place.Index) is { } owner ? owner.Life.ReadStat() : default;

    public override long? OpenSections
    {
        get
        {
            if (!TSections.AreCounted)
            {
                return null;
            }

            long open = 0;
            int end = slots.End;
            for (int i = 0; i < end; i++)
            {
                open += TSections.CountOpen(slots[i]);
            }

            GC.KeepAlive(slots); // The slots go with the table.
            return open;
        }
    }

    // The runtime's object is cheap to ask and answers for nearly all threads. A thread whose end the runtime never
    // learned of is found after some looks (Ordering/ThreadLife.cs).
    private bool TryPassDead(int index)
    {
        if (!TSections.EndWithTheirThread)
        {
            return false;
        }

        bool thoroughly = ++_looks % LooksPerQuestion == 0;
        return (thoroughly || slots.OwnerOf(index) is { Life.IsObjectDead: true })
            && dead.TryReleaseDead(index, thoroughly);
    }
}
