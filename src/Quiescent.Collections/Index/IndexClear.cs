namespace Quiescent.Collections.Index;

// Removes all entries that are there throughout, a chain at a time, in sections of its own; holds nobody up. Entries
// that are added or replaced meanwhile may stay.
internal static unsafe class IndexClear
{
    /// <exception cref="OutOfMemoryException">There is no memory to queue an entry; a part was removed.</exception>
    /// <exception cref="RcuBacklogException">Too much waits; a part was removed.</exception>
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    public static void Clear(IndexTable table)
    {
        ulong hash = 0;
        bool isLast = false;
        ChainSlots slots = new(stackalloc ulong[ChainSlots.UsualLength]);
        while (!isLast)
        {
            table.Memory.Entries.ApplyBackPressure();
            using ReadGuard guard = table.Memory.Domain.ReadLock();
            ulong word = table.WordFor(hash);
            Bucket* first;
            while (Bucket.IsForwarded(first = SegmentWord.ChainOf(word, hash)))
            {
                word = SegmentWord.ForwardOf(word, hash);
            }

            slots.Read(first);
            Remove(table, hash, slots.Slots);
            if (!Bucket.IsForwarded(first))
            {
                ulong last = SegmentWord.LastOfChain(word, hash);
                hash = last + 1;
                isLast = last == ulong.MaxValue;
            }
        }

        IndexTrim.Trim(table);
    }

    // A slot that is not found has been emptied, or has gone to another chain, which is looked at next.
    private static void Remove(IndexTable table, ulong hash, ReadOnlySpan<ulong> slots)
    {
        foreach (ulong slot in slots)
        {
            void* entry = Slot.EntryOf(slot);
            table.Memory.Entries.PrepareFree(entry);
            if (table.TryExchange(hash, slot, 0, out _))
            {
                table.Counts.AddEntries(-1);
                table.Memory.Entries.Free(entry);
            }
        }
    }
}
