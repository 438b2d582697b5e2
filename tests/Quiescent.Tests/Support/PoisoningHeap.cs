using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Quiescent.Tests.Support;

// A deallocator that does not give memory back: it fills the block with poison and keeps it in quarantine, so that a
// reader that still holds it reads poison and not what somebody else has put there. It counts apart from the domain's
// books. One block's layout: a word with the number of its payload's bytes, a word of padding, the payload.
internal readonly unsafe struct PoisoningHeap : INativeDeallocator
{
    public const byte PoisonByte = 0x6B;
    public const ulong Poison = 0x6B6B6B6B6B6B6B6B;

    private const int Header = 16;

    private static readonly ConcurrentQueue<nint> s_quarantine = new();
    private static long s_allocated;
    private static long s_freed;

    /// <summary>Blocks allocated in this process.</summary>
    public static long Allocated => Interlocked.Read(ref s_allocated);

    /// <summary>Blocks that reached this deallocator.</summary>
    public static long Freed => Interlocked.Read(ref s_freed);

    /// <summary>A block of zeroes.</summary>
    public static void* Allocate(nuint bytes)
    {
        byte* block = (byte*)NativeMemory.AllocZeroed(bytes + Header);
        *(nuint*)block = bytes;
        Interlocked.Increment(ref s_allocated);
        return block + Header;
    }

    /// <summary>A block that starts with the value.</summary>
    public static T* Allocate<T>(in T value)
        where T : unmanaged
    {
        T* block = (T*)Allocate((nuint)sizeof(T));
        *block = value;
        return block;
    }

    public static void Free(void* block)
    {
        Assert.False(IsPoisoned(block), "The block was freed twice.");
        new Span<byte>(block, Length(block)).Fill(PoisonByte);
        s_quarantine.Enqueue((nint)block);
        Interlocked.Increment(ref s_freed);
    }

    /// <summary>Whether the block has been freed; it is readable until <see cref="EmptyQuarantine"/>.</summary>
    public static bool IsPoisoned(void* block) =>
        Length(block) != 0 && !new Span<byte>(block, Length(block)).ContainsAnyExcept(PoisonByte);

    /// <summary>Gives the memory in quarantine back: at the end of a test, when no reader is left. Returns how many
    /// blocks.</summary>
    public static int EmptyQuarantine()
    {
        int count = 0;
        while (s_quarantine.TryDequeue(out nint block))
        {
            Assert.True(IsPoisoned((void*)block), "A block was written to after it had been freed.");
            NativeMemory.Free((byte*)block - Header);
            count++;
        }

        return count;
    }

    private static int Length(void* block) => (int)*(nuint*)((byte*)block - Header);
}
