using Quiescent.Torture.Litmus.Readers;

namespace Quiescent.Torture.Litmus.GracePeriods;

// The kernel's RCU+sync+free, as it is and as a store-buffer litmus. The updater exchanges the pointer, waits for a
// grace period and poisons the old block; a section that began before must not see poison.
// With cold memory the reader dirties lines of it just before its section, so that its announcement waits behind them
// in the store buffer while its loads run ahead: without the process-wide barrier (or the reader's fence) the scan
// finds the reader quiescent.
internal static unsafe class ReclaimLitmus
{
    private const int MaxPauseLog2 = 12;
    private const int MaxLooksLog2 = 12;

    public static LitmusOutcome Run<TSections>(TSections sections, ColdMemory? cold, LitmusSlice slice)
        where TSections : struct, ISections
    {
        using Stage stage = new();
        uint random = slice.Seed;
        void Update()
        {
            LitmusBlock* old = stage.Exchange();
            sections.Synchronize();
            Volatile.Write(ref old->Value, LitmusBlock.Poison);
            Randomly.Pause(Randomly.Length(ref random, MaxPauseLog2));
        }

        Looks looks = new(stage, cold, MaxLooksLog2, random + 1);
        return stage.Run(sections, looks, slice.Time, Update, onTwoCores: cold is not null);
    }
}

// Reads the block again and again, because poison comes late or not at all.
internal unsafe struct Looks(Stage stage, ColdMemory? cold, int maxLooksLog2, uint random) : ISectionBody
{
    // At least the time that poison needs to get from one core to another.
    private const int MinLooks = 512;
    private const int MaxPauseLog2 = 8;

    private uint _random = random;
    private uint _sum;
    private int _looks;

    public readonly RcuPointer<LitmusBlock>* Pointer => stage.Pointer;

    public bool Next()
    {
        bool goesOn = stage.BeginSection();
        Randomly.Pause(Randomly.Length(ref _random, MaxPauseLog2));
        _looks = MinLooks + Randomly.Length(ref _random, maxLooksLog2);
        _sum += cold?.Dirty(ref _random) ?? 0;
        return goesOn;
    }

    public readonly void Inside(LitmusBlock* block)
    {
        for (int i = _looks; i > 0; i--)
        {
            if (Volatile.Read(ref block->Value) == LitmusBlock.Poison)
            {
                stage.Fail();
                return;
            }
        }
    }
}
