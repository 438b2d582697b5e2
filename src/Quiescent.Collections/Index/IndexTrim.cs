using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// Merges all neighbours that have few entries, until none is left, and shortens the directory.
internal static unsafe class IndexTrim
{
    /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
    public static void Trim(IndexTable table)
    {
        ulong hash = 0;
        while (true)
        {
            while (SegmentMerge.TryMerge(table, hash))
            {
            }

            int depth;
            using (ReadGuard guard = table.Memory.Domain.ReadLock())
            {
                depth = SegmentWord.DepthOf(table.WordFor(hash));
            }

            // A segment that is the upper one of a pair may have become mergeable with what lies before it.
            ulong last = hash | Segment.Width(depth);
            if (last == ulong.MaxValue)
            {
                break;
            }

            hash = last + 1;
        }

        using (ReadGuard guard = table.Memory.Domain.ReadLock())
        {
            try
            {
                table.Directory.Trim(table.Memory);
            }
            catch (OutOfMemoryException)
            {
                // The larger one serves as well.
            }
        }
    }
}
