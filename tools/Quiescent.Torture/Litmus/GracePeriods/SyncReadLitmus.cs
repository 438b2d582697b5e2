using Quiescent.Torture.Litmus.Readers;

namespace Quiescent.Torture.Litmus.GracePeriods;

// The kernel's RCU+sync+read. The writer sets x, waits for a grace period, and sets y; no section sees the new y and
// the old x, in whichever order it reads them: a section that missed x began before the grace period, which waits for
// it, and y comes after. The section reads x, y and x again. Without wait and section the first of these orders shows
// on any machine; x86 never shows the second, since it keeps both the stores and the loads in order.
internal static unsafe class SyncReadLitmus
{
    private const int X = 0;
    private const int Y = LitmusBlock.Words - 1;

    public static LitmusOutcome Run<TSections>(TSections sections, LitmusSlice slice)
        where TSections : struct, ISections
    {
        using Stage stage = new();
        uint random = slice.Seed;
        LitmusBlock* block = stage.Pointer->LoadProtected();
        *LitmusBlock.Word(block, X) = 0;
        long number = 0;
        return stage.Run(sections, new Both(stage, random + 1), slice.Time, () =>
        {
            Volatile.Write(ref *LitmusBlock.Word(block, X), ++number);
            sections.Synchronize();
            Volatile.Write(ref *LitmusBlock.Word(block, Y), number);
            Randomly.Pause(Randomly.Length(ref random, 8));
        });
    }

    private struct Both(Stage stage, uint random) : ISectionBody
    {
        private uint _random = random;
        private int _pause;

        public readonly RcuPointer<LitmusBlock>* Pointer => stage.Pointer;

        public bool Next()
        {
            Randomly.Pause(Randomly.Length(ref _random, 8));
            _pause = Randomly.Length(ref _random, 10);
            return stage.BeginSection();
        }

        public readonly void Inside(LitmusBlock* block)
        {
            long before = Volatile.Read(ref *LitmusBlock.Word(block, X));
            Randomly.Pause(_pause);
            long y = Volatile.Read(ref *LitmusBlock.Word(block, Y));
            long after = Volatile.Read(ref *LitmusBlock.Word(block, X));
            if (before < y || after < y)
            {
                stage.Fail();
            }
        }
    }
}
