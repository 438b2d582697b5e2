using Quiescent.Memory;

namespace Quiescent.Callbacks;

// The one routine that carries a head out, whatever stands in its word (__rcu_reclaim).
internal static unsafe class Reclaim
{
    /// <summary>Frees the block that the head sits in, or calls its function. The head is gone afterwards. Under Validate, a head that was
    /// overwritten while it waited is left alone: its block leaks.</summary>
    public static void CarryOut(RcuHead* head, BlockLedger? ledger)
    {
        if (ledger is not null && !ledger.IsUnchanged(head))
        {
            return;
        }

        // SAFETY: O7: the head's grace period has passed and nobody else carries it out.
        nint word = head->Word;
        if (!HeadWord.IsTrivial(word))
        {
            ledger?.Remove(head);
            ((delegate*<RcuHead*, void>)word)(head);
        }
        else if (ledger is null)
        {
            Deallocators.Free(HeadWord.ChannelOf(word), HeadWord.BlockOf(head, word));
        }
        else
        {
            ledger.Free(HeadWord.ChannelOf(word), HeadWord.BlockOf(head, word));
        }
    }
}
