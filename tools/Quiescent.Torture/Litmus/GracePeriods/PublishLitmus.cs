using Quiescent.Torture.Litmus.Readers;

namespace Quiescent.Torture.Litmus.GracePeriods;

// Message passing: a reader that dereferences a published block sees everything that was stored into it before. The
// control publishes first and fills afterwards, which shows on any machine. No machine with x86's total store order can
// show that the store of the pointer is a release, since stores are never reordered there: only the machine code shows
// it.
internal static unsafe class PublishLitmus
{
    public static LitmusOutcome Run(RcuDomain domain, bool publishesFirst, LitmusSlice slice)
    {
        using Stage stage = new();
        uint random = slice.Seed;
        long number = 1;
        Fill(stage.Pointer->LoadProtected(), number);
        return stage.Run(new GuardSections(domain), new Fields(stage, random + 1), slice.Time, () =>
        {
            LitmusBlock* old = stage.Pointer->LoadProtected();
            LitmusBlock* block = stage.Next();
            number++;
            if (publishesFirst)
            {
                stage.Pointer->Assign(block);
                Fill(block, number);
            }
            else
            {
                Fill(block, number);
                stage.Pointer->Assign(block);
            }

            domain.Synchronize();
            Fill(old, 0);
            Randomly.Pause(Randomly.Length(ref random, 12));
        });
    }

    private static void Fill(LitmusBlock* block, long number)
    {
        for (int i = 0; i < LitmusBlock.Words; i++)
        {
            *LitmusBlock.Word(block, i) = number;
        }
    }

    // Reads the fields from the last one filled to the first: they must be filled, and all equal.
    private struct Fields(Stage stage, uint random) : ISectionBody
    {
        private uint _random = random;

        public readonly RcuPointer<LitmusBlock>* Pointer => stage.Pointer;

        public bool Next()
        {
            Randomly.Pause(Randomly.Length(ref _random, 8));
            return stage.BeginSection();
        }

        public readonly void Inside(LitmusBlock* block)
        {
            long last = *LitmusBlock.Word(block, LitmusBlock.Words - 1);
            for (int i = LitmusBlock.Words - 2; i >= 0; i--)
            {
                if (last == 0 || *LitmusBlock.Word(block, i) != last)
                {
                    stage.Fail();
                    return;
                }
            }
        }
    }
}
