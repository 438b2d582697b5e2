using Quiescent.Torture.Litmus.Readers;

namespace Quiescent.Torture.Litmus.GracePeriods;

// L7 (a writer is alone): a writer poisons the block and mends it before it leaves; no reader sees poison. With cold
// memory, as in ReclaimLitmus, the reader's announcement waits in the store buffer while its load of the lock's word
// runs ahead: without the process-wide barrier (or the reader's fence) the writer finds the reader outside, and the
// reader no writer.
internal static unsafe class WriterLitmus
{
    private const int MaxPauseLog2 = 12;
    private const int MaxLooksLog2 = 12;

    public static LitmusOutcome Run<TSections>(TSections sections, ColdMemory cold, LitmusSlice slice)
        where TSections : struct, ILockSections
    {
        using Stage stage = new();
        uint random = slice.Seed;
        LitmusBlock* block = stage.Pointer->LoadProtected();
        void Change()
        {
            Volatile.Write(ref block->Value, LitmusBlock.Poison);
            Randomly.Pause(Randomly.Length(ref random, MaxPauseLog2));
            Volatile.Write(ref block->Value, LitmusBlock.Sound);
        }

        Action change = Change;
        void Update()
        {
            sections.Write(change);
            Randomly.Pause(Randomly.Length(ref random, MaxPauseLog2));
        }

        Looks looks = new(stage, cold, MaxLooksLog2, random + 1);
        return stage.Run(sections, looks, slice.Time, Update, onTwoCores: true);
    }
}
