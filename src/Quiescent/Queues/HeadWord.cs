using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Memory;
using Quiescent.Validate;

namespace Quiescent.Queues;

// The callback word of a head, the heart of kfree_rcu. It says one of three things:
//
//     63  62                    12 11           0
//     [0][ 0                      ][ offset      ]   at most 4,095: the head's offset in its block, in words;
//                                                    the block is from malloc's heap
//     [1][ channel                ][ offset      ]   the same for a block of another deallocator
//     [ anything else                            ]   a function: void (RcuHead*)
//
// No function lives in the first 4,096 bytes of an address space, and none in its upper half, which is the kernel's;
// the constructor of a domain checks that with a function of our own. A trivial callback thus leaves no pointer to code
// behind.
internal static unsafe class HeadWord
{
    public const int MaxOffset = 4095;

    private const int ChannelShift = 12;
    private static nint ChannelFlag => nint.MinValue;

    /// <summary>Checks what the words rely on; each domain's constructor calls it.</summary>
    /// <exception cref="PlatformNotSupportedException">This process's functions could be taken for offsets.</exception>
    public static void RequirePlatform()
    {
        delegate*<RcuHead*, void> function = &ManagedCallback.Invoke;
        if (sizeof(nint) != 8 || IsTrivial((nint)function))
        {
            throw new PlatformNotSupportedException(
                "Quiescent needs a 64-bit process whose functions lie between the first page and the upper half of its "
                + "address space.");
        }
    }

    /// <summary>The word of a trivial callback. Throws, like the original's BUG_ON, before anything is
    /// queued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint OfOffset(void* block, RcuHead* head, int channel)
    {
        nint offset = (nint)head - (nint)block;
        if ((nuint)offset > MaxOffset * (nuint)sizeof(nint)
            || ((nint)head & (sizeof(nint) - 1)) != 0
            || (offset & (sizeof(nint) - 1)) != 0)
        {
            ThrowOffset(offset);
        }

        nint word = offset / sizeof(nint);
        return channel == Deallocators.NativeHeap ? word : word | ((nint)channel << ChannelShift) | ChannelFlag;
    }

    /// <summary>Whether the word names a block to free rather than a function to call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsTrivial(nint word) => word <= MaxOffset;

    public static int ChannelOf(nint word) =>
        word >= 0 ? Deallocators.NativeHeap : (int)((word & ~ChannelFlag) >> ChannelShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* BlockOf(RcuHead* head, nint word) => (byte*)head - ((word & MaxOffset) * sizeof(nint));

    /// <summary>Frees the block that the head sits in, or calls its function (<c>__rcu_reclaim</c>): the one routine
    /// that reclaims a head. The head is gone afterwards. Under Validate, a head that was overwritten while it waited
    /// is left alone: its block leaks.</summary>
    public static void Reclaim(RcuHead* head, BlockLedger? ledger)
    {
        if (ledger is not null && !ledger.IsUnchanged(head))
        {
            return;
        }

        // SAFETY: O7 (exactly once): the head has expired, and nobody else reclaims it.
        nint word = head->Word;
        if (!IsTrivial(word))
        {
            ledger?.Remove(head);
            ((delegate*<RcuHead*, void>)word)(head);
        }
        else if (ledger is null)
        {
            Deallocators.Free(ChannelOf(word), BlockOf(head, word));
        }
        else
        {
            ledger.Free(ChannelOf(word), BlockOf(head, word));
        }
    }

    [DoesNotReturn]
    private static void ThrowOffset(nint offset) =>
        throw new ArgumentOutOfRangeException(
            "head",
            offset,
            "The head must lie in its block, aligned to a word and at most 4,095 words from its start. "
            + "Nothing was queued.");
}
