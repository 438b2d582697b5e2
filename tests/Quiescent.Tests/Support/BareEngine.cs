using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Tests.Support;

// The grace-period engine by itself, with slots that the test writes in place of readers: each step is the test's own.
internal sealed unsafe class BareEngine : IDisposable
{
    private readonly SlotTable _slots;

    public BareEngine(ulong sequence = 0, bool fullFence = true)
    {
        _slots = new SlotTable(queueBytes: 64, queueMemory: null, fullFence, validate: false);
        _slots.State->Started = (sequence << SectionWord.SequenceShift) | 1;
        _slots.State->Completed = sequence << SectionWord.SequenceShift;
        Engine = GracePeriodEngine.OverSlots(_slots);
    }

    public GracePeriodEngine Engine { get; }

    public DomainState* State => _slots.State;

    /// <summary>A slot of a thread that lives, or of the given one.</summary>
    public ReaderSlot* AddReader(Thread? thread = null) =>
        _slots.Extend(new SlotOwner(_slots, thread is null ? ThreadLife.OfCurrent() : ThreadLife.OfObject(thread)));

    public void Enter(ReaderSlot* slot) => Section.Announce(slot, State);

    public void Exit(ReaderSlot* slot) => slot->Word--;

    /// <summary>The slots' memory is the table's, and goes with its finalizer.</summary>
    public void Dispose() => GC.KeepAlive(_slots);
}
