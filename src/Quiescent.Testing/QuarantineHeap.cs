using System.Runtime.InteropServices;

namespace Quiescent.Testing;

/// <summary>
/// A deallocator for tests: a freed block is filled with poison and kept. A reader that still holds it reads poison
/// instead of another owner's data; a write into it, and a second free, are found. One heap for the process; the oldest
/// blocks leave it when it holds more than <see cref="Capacity"/> bytes.
/// </summary>
/// <remarks>
/// <para>Blocks come from <see cref="Allocate(nuint)"/> and are freed by
/// <c>domain.Free&lt;QuarantineHeap&gt;(block)</c>, or at once by <see cref="Free"/>. Like any user deallocator it runs
/// on the reclaimer; <see cref="Verify"/> reports what it finds there too.</para>
/// <para>Takes a lock: not for measuring.</para>
/// </remarks>
public readonly unsafe struct QuarantineHeap : INativeDeallocator
{
    /// <summary>The byte that freed blocks are filled with, as in the kernel's slab allocators.</summary>
    public const byte PoisonByte = 0x6B;

    /// <summary>Bytes of freed blocks that are kept.</summary>
    public const long Capacity = 64 * 1024 * 1024;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<nint, Block> s_blocks = [];
    private static readonly Queue<nint> s_kept = new();
    private static readonly List<string> s_findings = [];
    private static long s_keptBytes;
    private static long s_allocated;
    private static long s_freed;

    /// <summary>Blocks allocated so far.</summary>
    public static long AllocatedCount
    {
        get
        {
            lock (s_lock)
            {
                return s_allocated;
            }
        }
    }

    /// <summary>Blocks freed so far.</summary>
    public static long FreedCount
    {
        get
        {
            lock (s_lock)
            {
                return s_freed;
            }
        }
    }

    /// <summary>A block of zeroes, aligned to 16 bytes.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <returns>The block.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public static void* Allocate(nuint bytes)
    {
        // SAFETY: freed when it leaves the quarantine.
        void* block = NativeMemory.AllocZeroed(Math.Max(bytes, 1));
        lock (s_lock)
        {
            s_blocks[(nint)block] = new Block(checked((int)bytes), IsFreed: false);
            s_allocated++;
        }

        return block;
    }

    /// <summary>A block that holds the value.</summary>
    /// <typeparam name="T">What the block holds.</typeparam>
    /// <param name="value">What is copied into it.</param>
    /// <returns>The block.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public static T* New<T>(in T value)
        where T : unmanaged
    {
        T* block = (T*)Allocate((nuint)sizeof(T));
        *block = value;
        return block;
    }

    /// <summary>Poisons the block and keeps it.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <exception cref="RcuAssertException">It was freed before, or is no block of this heap; nothing has
    /// changed.</exception>
    public static void Free(void* block)
    {
        lock (s_lock)
        {
            if (!s_blocks.TryGetValue((nint)block, out Block known))
            {
                throw Found(
                    $"The block at 0x{(nint)block:x} was freed, but is none of QuarantineHeap (or left it long ago).");
            }

            if (known.IsFreed)
            {
                throw Found($"The block at 0x{(nint)block:x} was freed twice.");
            }

            s_blocks[(nint)block] = known with { IsFreed = true };
            Span((nint)block, known).Fill(PoisonByte);
            s_kept.Enqueue((nint)block);
            s_keptBytes += known.Bytes;
            s_freed++;
            while (s_keptBytes > Capacity)
            {
                ReleaseOldest();
            }
        }
    }

    /// <summary>Whether it is a block of this heap that has been freed and is kept.</summary>
    /// <param name="block">A block of this heap.</param>
    /// <returns>True when it was freed.</returns>
    public static bool IsFreed(void* block)
    {
        lock (s_lock)
        {
            return s_blocks.TryGetValue((nint)block, out Block known) && known.IsFreed;
        }
    }

    /// <summary>Whether it is a block of this heap that has not been freed.</summary>
    /// <param name="block">A block, of this heap or not.</param>
    /// <returns>True when it is one.</returns>
    public static bool IsAlive(void* block)
    {
        lock (s_lock)
        {
            return s_blocks.TryGetValue((nint)block, out Block known) && !known.IsFreed;
        }
    }

    /// <summary>Whether a reader has read poison: every byte of the value is <see cref="PoisonByte"/>. So its block was
    /// freed before the read.</summary>
    /// <typeparam name="T">What the reader read.</typeparam>
    /// <param name="value">What the reader found. Live blocks must hold at least one other byte.</param>
    /// <returns>False for any value with at least one other byte.</returns>
    /// <remarks>Takes no lock.</remarks>
    public static bool IsPoison<T>(in T value)
        where T : unmanaged =>
        !MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ContainsAnyExcept(PoisonByte);

    /// <summary>Requires that no block was written to after it was freed, and that nothing was freed twice or that is
    /// not the heap's. What was found is forgotten then.</summary>
    /// <exception cref="RcuAssertException">Something was found; the message lists all of it.</exception>
    public static void Verify()
    {
        lock (s_lock)
        {
            foreach (nint block in s_kept)
            {
                RequirePoison(block);
            }

            if (s_findings.Count != 0)
            {
                string message = string.Join(Environment.NewLine, s_findings.Distinct());
                s_findings.Clear();
                throw new RcuAssertException(message);
            }
        }
    }

    /// <summary>Checks all freed blocks and gives their memory back: between tests, when no reader is left.</summary>
    /// <returns>How many blocks there were.</returns>
    /// <exception cref="RcuAssertException">As in <see cref="Verify"/>.</exception>
    public static int Empty()
    {
        lock (s_lock)
        {
            int count = s_kept.Count;
            while (s_kept.Count != 0)
            {
                ReleaseOldest();
            }

            Verify();
            return count;
        }
    }

    private static void ReleaseOldest()
    {
        nint block = s_kept.Dequeue();
        RequirePoison(block);
        s_keptBytes -= s_blocks[block].Bytes;
        s_blocks.Remove(block);
        NativeMemory.Free((void*)block);
    }

    private static void RequirePoison(nint block)
    {
        int written = Span(block, s_blocks[block]).IndexOfAnyExcept(PoisonByte);
        if (written >= 0)
        {
            Found($"The block at 0x{block:x} was written to at offset {written} after it had been freed.");
        }
    }

    private static RcuAssertException Found(string finding)
    {
        s_findings.Add(finding);
        return new RcuAssertException(finding);
    }

    private static Span<byte> Span(nint block, Block known) => new((void*)block, known.Bytes);

    private readonly record struct Block(int Bytes, bool IsFreed);
}
