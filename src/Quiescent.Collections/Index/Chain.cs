using System.Diagnostics;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// A chain under its writer's lock.
//
// C4 (one writer a chain)  All that changes a slot or a header of a chain happens between Lock and Unlock. Nothing
//     between them runs code of the program, takes memory or waits; so the lock is held for a look at the chain's
//     lines. What needs such code (comparing keys, hashing them) was done before, without the lock, and Lock's caller
//     checks that the chain still holds what was looked at. It can do so by the slots' words alone: the caller is in a
//     section, so no entry that it saw is freed meanwhile, and no other has its address.
internal unsafe ref struct Chain
{
    private readonly Bucket* _first;
    private ulong _header;

    private Chain(Bucket* first, ulong word, ulong header)
    {
        _first = first;
        Segment = SegmentWord.SegmentOf(word);
        _header = header;
    }

    public readonly Bucket* First => _first;

    /// <summary>The segment in charge.</summary>
    public Segment* Segment { get; }

    /// <summary>Locks the chain that is in charge of the hash.</summary>
    /// <param name="word">A segment that is or was in charge.</param>
    /// <param name="hash">The hash.</param>
    public static Chain Lock(ulong word, ulong hash)
    {
        Backoff backoff = default;
        while (true)
        {
            Bucket* first = SegmentWord.ChainOf(word, hash);
            ulong header = Order.Acquire((ulong*)first);
            if ((header & BucketHeader.Forwarded) != 0)
            {
                word = SegmentWord.ForwardOf(word, hash);
            }
            else if ((header & BucketHeader.Locked) == 0
                && Order.CompareExchange(ref *(ulong*)first, header | BucketHeader.Locked, header) == header)
            {
                return new Chain(first, word, header);
            }
            else
            {
                backoff.PauseInLock();
            }
        }
    }

    /// <summary>Adds a bucket that holds what the caller has stored into it. It becomes visible with the
    /// unlock if it is the chain's second one, and at once otherwise.</summary>
    public void Append(Bucket* last, Bucket* added)
    {
        Debug.Assert(BucketHeader.NextOf(*(ulong*)last) == null, "C4: the last bucket leads nowhere.");
        if (last == _first)
        {
            _header |= (ulong)added;
        }
        else
        {
            Order.Release((ulong*)last, (ulong)added); // C1 (complete before visible)
        }
    }

    /// <summary>Unlocks the chain, which stays in charge.</summary>
    public readonly void Unlock() => Order.Release((ulong*)_first, _header);

    /// <summary>Unlocks the chain after a replacement, and fences.</summary>
    // C9 (one moment): without the fence the new entry might still be in this core's store buffer when the caller's
    //     next
    // look-up reads another chain. Two threads that do so crosswise would both miss what the other had replaced. An
    // addition or a removal is counted by an interlocked instruction, which fences too.
    public readonly void UnlockAndFence() => Order.Exchange(ref *(ulong*)_first, _header);

    /// <summary>Unlocks the chain, whose entries have all been copied to where its segment leads. Whoever sees the bit
    /// sees them there.</summary>
    public readonly void UnlockForwarded() => Order.Release((ulong*)_first, _header | BucketHeader.Forwarded);
}
