using System.Runtime.CompilerServices;
using Quiescent.Memory;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// A hash index over entries that lie elsewhere: extendible hashing, with buckets of one cache line in segments of 256
// that split and merge alone. After FASTER's index and Valkey's table; what is new is that entries are immutable blocks
// that readers see in place, so a look-up takes no lock, no version and no second try.
//
//     hash ──► directory ──► segment ──► chain of buckets ──► entry
//              Directory     Segment.cs  Bucket.cs, Chain.cs
//
// Why it is right: C1, C2, C4 and C7 in IndexTable.cs, C5 and C9 in Entries/DictionaryCore.cs, C6 in IndexWalk.cs,
// C8 in IndexMemory.cs, and
//
// C3 (in charge when looked at)  After it has loaded a slot, or all slots of a chain, a search reads the chain's header
//     [R]. FORWARDED is set once, by the thread that has copied the chain [F], and never cleared. Outcomes:
//       - the search does not see FORWARDED: the chain was in charge when its slots were loaded, since they were loaded
//         before the header. What it found was in the map then; and if it found nothing, C2 says that the key was not.
//       - it does: its slots may be out of date, and the entries that they name freed. It looks at none of them and
//         goes on in the segment that took the chain's entries, which were complete before the bit was set.
//     Slots are loaded by vectors too, so [R] is preceded by a load barrier: nothing on x64, `dmb ishld` on Arm64.
//     Partner: [F], UnlockForwarded in Chain.cs.
//
// Checked by: map.pml; ReferenceTests, BlobReferenceTests, DisposalTests, ChurnTests.
internal sealed unsafe class HashIndex<TKey, TEntries> : IndexTable
    where TKey : allows ref struct
    where TEntries : struct, IEntries<TKey>
{
    private readonly ulong _secret;

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public HashIndex(RcuDomain domain, RcuCollectionOptions options, IEntryMemory entries, ulong secret)
        : base(domain, options, entries)
    {
        _secret = secret;
        try
        {
            Begin();
        }
        catch
        {
            End();
            throw;
        }
    }

    public ulong Secret => _secret;

    /// <inheritdoc/>
    public override ulong HashOf(void* entry) => TEntries.GetHashCode(entry, _secret);

    /// <inheritdoc/>
    public override bool HaveSameKey(void* x, void* y) => TEntries.HaveSameKey(x, y);

    /// <inheritdoc/>
    public override ulong NumberOf(void* entry) => TEntries.GetNumber(entry, _secret);

    /// <summary>The entry of the key, or null. Runs the program's comparer under no lock.</summary>
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* Find(scoped in TKey key, ulong hash)
    {
        Bucket* first = SegmentWord.ChainOf(WordFor(hash), hash);
        uint slots = Bucket.WithTag(first, hash);
        if (slots == 0)
        {
            Order.ReadBarrier();
            ulong header = Order.Acquire((ulong*)first); // [R] partner: [F] in Chain.cs; outcomes above at C3.
            return header <= BucketHeader.Locked ? null : FindBeyondFast(in key, hash);
        }

        ulong slot = Order.Acquire(Bucket.WordAt(first, Bucket.TakeFirst(ref slots)));
        if (!Bucket.IsForwarded(first)) // [R]
        {
            void* entry = Slot.EntryOf(slot);
            if (entry != null && TEntries.Matches(entry, in key))
            {
                return entry;
            }
        }

        return FindBeyondFast(in key, hash);
    }

    /// <summary>Begins to load what <see cref="Find"/> reads first. The map may be disposed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Bucket* PrefetchChain(ulong hash)
    {
        Bucket* first = SegmentWord.ChainOf(WordFor(hash), hash);
        Prefetch.Read(first);
        return first;
    }

    /// <summary>Begins to load the entry that <see cref="Find"/> reads next, once its bucket has come.</summary>
    /// <returns>An entry whose tag fits and that was in the map during the call, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* PrefetchEntry(Bucket* first, ulong hash)
    {
        uint slots = Bucket.WithTag(first, hash);
        if (slots == 0)
        {
            return null;
        }

        ulong slot = Order.Acquire(Bucket.WordAt(first, Bucket.TakeFirst(ref slots)));
        Prefetch.Read(Slot.EntryOf(slot));
        return !Bucket.IsForwarded(first) ? Slot.EntryOf(slot) : null; // [R]
    }

    /// <summary>Adds the entry unless there is one of its key. Runs the program's comparer under no lock.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="hash">The key's hash.</param>
    /// <param name="entry">The entry, complete.</param>
    /// <param name="isOverfull">Whether to call <see cref="SegmentSplit.TrySplit"/>, outside the section.</param>
    /// <returns>The entry of this key that is there, or null: the new one was added.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for a bucket; nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    public void* AddUnlessFound(scoped in TKey key, ulong hash, void* entry, out bool isOverfull)
    {
        Bucket* spare = null;
        ComparedEntries compared = default;
        try
        {
            while (true)
            {
                isOverfull = false;
                void* found = Search(in key, hash, ref compared);
                if (found != null)
                {
                    return found;
                }

                Insertion result = TryInsert(hash, entry, ref compared, ref spare, out isOverfull);
                if (result == Insertion.NeedsBucket)
                {
                    spare = Memory.RentBucket();
                }
                else if (result == Insertion.Done)
                {
                    Counts.AddEntries(1);
                    return null;
                }
            }
        }
        finally
        {
            Memory.ReturnBucket(spare); // Cannot fail: the entry may be in the map.
        }
    }

    /// <summary>Adds the entry, or puts it in the place of the one of its key. Runs the program's comparer under no
    /// lock.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="hash">The key's hash.</param>
    /// <param name="entry">The entry, complete. Where it replaces another, it gets that one's key.</param>
    /// <param name="isOverfull">Whether to call <see cref="SegmentSplit.TrySplit"/>, outside the section.</param>
    /// <returns>The entry that was replaced, for the caller to free, or null.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    public void* Put(scoped in TKey key, ulong hash, void* entry, out bool isOverfull)
    {
        isOverfull = false;
        void* found = Find(in key, hash);
        while (true)
        {
            if (found == null)
            {
                TEntries.WriteKey(entry, in key); // It may have got the key of one that has been removed meanwhile.
                found = AddUnlessFound(in key, hash, entry, out isOverfull);
                if (found == null)
                {
                    return null;
                }
            }

            TEntries.CopyKey(entry, found);
            Memory.Entries.PrepareFree(found);
            if (TryExchange(hash, found, entry, out _))
            {
                return found;
            }

            found = Find(in key, hash);
        }
    }

    /// <summary>Takes the key's entry out of the map. Runs the program's comparer under no lock.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="isSparse">Whether to call <see cref="SegmentMerge.TryMerge"/>, outside the section.</param>
    /// <returns>The entry, for the caller to free, or null.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory to queue it; nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    public void* Remove(scoped in TKey key, ulong hash, out bool isSparse)
    {
        isSparse = false;
        void* found;
        while ((found = Find(in key, hash)) != null)
        {
            Memory.Entries.PrepareFree(found);
            if (TryExchange(hash, found, null, out isSparse))
            {
                Counts.AddEntries(-1);
                break;
            }
        }

        return found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void* FindBeyondFast(scoped in TKey key, ulong hash)
    {
        NothingCompared nothing = default;
        return Search(in key, hash, ref nothing);
    }

    // Finds the key's entry, or null and all entries that share its tag.
    private void* Search<TCompared>(scoped in TKey key, ulong hash, ref TCompared compared)
        where TCompared : struct, IComparedEntries, allows ref struct
    {
        ulong word = WordFor(hash);
        while (true)
        {
            compared.Clear();
            Bucket* first = SegmentWord.ChainOf(word, hash);
            if (TrySearch(first, in key, hash, ref compared, out void* found))
            {
                return found;
            }

            word = SegmentWord.ForwardOf(word, hash);
        }
    }

    // False: the chain has been forwarded, and what it had means nothing.
    private static bool TrySearch<TCompared>(
        Bucket* first, scoped in TKey key, ulong hash, ref TCompared compared, out void* found)
        where TCompared : struct, IComparedEntries, allows ref struct
    {
        for (Bucket* bucket = first; bucket != null; bucket = Bucket.NextOf(bucket))
        {
            for (uint slots = Bucket.WithTag(bucket, hash); slots != 0;)
            {
                ulong slot = Order.Acquire(Bucket.WordAt(bucket, Bucket.TakeFirst(ref slots)));
                if (Bucket.IsForwarded(first)) // [R]
                {
                    found = null;
                    return false;
                }

                found = Slot.EntryOf(slot);
                if (found != null && TEntries.Matches(found, in key))
                {
                    return true;
                }

                if (found != null)
                {
                    compared.Add(slot);
                }
            }
        }

        found = null;
        Order.ReadBarrier();
        return !Bucket.IsForwarded(first); // [R]
    }
}
