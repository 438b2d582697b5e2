using Quiescent.Memory;

namespace Quiescent.Callbacks;

// The one routine that carries a head out, whatever stands in its word (__rcu_reclaim).
internal static unsafe class Reclaim
{
    /// <summary>Frees the block that the head sits in, or calls its function. The head is gone afterwards.</summary>
    public static void CarryOut(RcuHead* head, QueuedBlocks? ledger)
    {
        // SAFETY: O7: the head's grace period has passed and nobody else carries it out.
        nint word = head->Word;
        if (HeadWord.IsTrivial(word))
        {
            void* block = HeadWord.BlockOf(head, word);
            ledger?.Remove(block);
            Deallocators.Free(HeadWord.ChannelOf(word), block);
        }
        else
        {
            ledger?.Remove(head);
            ((delegate*<RcuHead*, void>)word)(head);
        }
    }
}
