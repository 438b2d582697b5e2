using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Collections.Index;

// Which segment is in charge of a hash: one segment word for each value of the hash's first bits, as many of them as
// the deepest segment has. A segment of less depth stands in several words, side by side.
//
//     root:   │ 16 bits: 64 less the depth │ 48 bits: address of the first word │
//
// Readers load the root, then a word. Writers change both under the directory's lock. A reader that has an old root
// finds what was in charge when it was replaced; that segment leads on to those that are in charge now. All of them
// stay until the reader's section has ended, since each is handed over after the word that named it was replaced, and
// the directory as well.
internal unsafe struct SegmentDirectory
{
    private const int DepthShift = 48;
    private const int HeadWords = 2; // Ahead of the first word: an RcuHead.

    private ulong _root; // 0: the map is disposed.
    private int _lock;

    public readonly bool IsEnded => Order.Acquire(in _root) == 0;

    public readonly int Depth => DepthOf(Order.Acquire(in _root));

    /// <summary>How many bytes it takes.</summary>
    public readonly long Bytes => IsEnded ? 0 : (HeadWords + (1L << Depth)) * sizeof(ulong);

    /// <summary>The segment word for the hash; 0 if the map is disposed. The caller is in a section.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong WordFor(ulong hash)
    {
        ulong root = Order.Acquire(in _root);
        return root == 0 ? 0 : Order.Acquire((ulong*)(root & Slot.AddressMask) + (hash >> (int)(root >> DepthShift)));
    }

    /// <summary>Makes the words of a new map, all of them 0.</summary>
    /// <param name="depth">At least 1.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public void Begin(int depth)
    {
        ulong root = Allocate(depth);
        NativeMemory.Clear(WordsOf(root), (nuint)(1L << depth) * sizeof(ulong));
        Order.Release(ref _root, root);
    }

    /// <summary>Makes the directory deep enough to name segments of this depth.</summary>
    /// <returns>False: the map is disposed.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public bool TryDeepen(IndexMemory memory, int depth)
    {
        while (true)
        {
            ulong root = Order.Acquire(in _root);
            if (root == 0 || DepthOf(root) >= depth)
            {
                return root != 0;
            }

            TryReplace(memory, root, Allocate(DepthOf(root) + 1));
        }
    }

    /// <summary>Halves the directory until its deepest segment fits, as well as there is memory for the smaller
    /// ones.</summary>
    public void Trim(IndexMemory memory)
    {
        ulong root = Order.Acquire(in _root);
        while (root != 0 && DepthOf(root) > 1 && IsTwiceTooLarge(root))
        {
            TryReplace(memory, root, Allocate(DepthOf(root) - 1));
            root = Order.Acquire(in _root);
        }
    }

    /// <summary>Names the segments in place of those that had their ranges.</summary>
    /// <returns>False: the directory is not deep enough, or the map is disposed; nothing has changed.</returns>
    public bool TryName(Segment* segment, Segment* another = null)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        ulong root = _root;
        if (root == 0 || DepthOf(root) < segment->Depth)
        {
            return false;
        }

        Name(root, segment);
        if (another != null)
        {
            Name(root, another);
        }

        return true;
    }

    /// <summary>Ends the directory. Returns what <see cref="Release"/> frees once no reader has it, or 0 if it has
    /// ended.</summary>
    public ulong End()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        ulong root = _root;
        Order.Release(ref _root, 0);
        return root;
    }

    /// <summary>Frees the words of an ended directory; does nothing for 0.</summary>
    public static void Release(ulong root)
    {
        if (root != 0)
        {
            NativeMemory.AlignedFree(WordsOf(root) - HeadWords);
        }
    }

    private static int DepthOf(ulong root) => 64 - (int)(root >> DepthShift);

    private static ulong* WordsOf(ulong root) => (ulong*)(root & Slot.AddressMask);

    private static ulong Allocate(int depth)
    {
        FaultInjection.ThrowIfDue(FaultSite.Directory);

        // SAFETY: freed by Release, or as a head once it was replaced.
        nuint bytes = (nuint)(HeadWords + (1L << depth)) * sizeof(ulong);
        ulong* block = (ulong*)NativeMemory.AlignedAlloc(bytes, Bucket.Bytes);
        return (ulong)(block + HeadWords) | ((ulong)(64 - depth) << DepthShift);
    }

    private static void Name(ulong root, Segment* segment)
    {
        int shift = 64 - DepthOf(root);
        ulong* word = WordsOf(root) + (segment->First >> shift);
        ulong* end = word + (1L << (DepthOf(root) - segment->Depth));
        for (; word < end; word++)
        {
            Order.Release(word, SegmentWord.Of(segment)); // The segment is complete before it is named.
        }
    }

    // Replaces the directory by one of twice or half its size, if it still is what it was.
    private void TryReplace(IndexMemory memory, ulong root, ulong made)
    {
        ulong unused = made;
        using (TryLock.Hold(ref _lock))
        {
            if (_root == root && (DepthOf(made) > DepthOf(root) || IsTwiceTooLarge(root)))
            {
                Copy(root, made);
                Order.Release(ref _root, made);
                unused = root;
            }
        }

        // Under no lock (C5).
        ulong* words = WordsOf(unused) - HeadWords;
        if (unused == made)
        {
            NativeMemory.AlignedFree(words);
        }
        else
        {
            memory.FreeDirectory((RcuHead*)words);
        }
    }

    private static void Copy(ulong root, ulong made)
    {
        ulong* from = WordsOf(root);
        ulong* to = WordsOf(made);
        long words = 1L << DepthOf(made);
        bool isLarger = DepthOf(made) > DepthOf(root);
        for (long i = 0; i < words; i++)
        {
            to[i] = from[isLarger ? i >> 1 : i << 1];
        }
    }

    // No segment is as deep as the directory.
    private static bool IsTwiceTooLarge(ulong root)
    {
        ulong* words = WordsOf(root);
        for (long i = 0; i < 1L << DepthOf(root); i += 2)
        {
            if (Order.Acquire(words + i) != Order.Acquire(words + i + 1))
            {
                return false;
            }
        }

        return true;
    }
}
