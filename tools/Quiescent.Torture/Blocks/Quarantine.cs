using System.Runtime.InteropServices;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Blocks;

// Keeps freed blocks, poisoned, until others have followed: a late reader reads poison, a second free is seen, and the
// poison must be whole when the block leaves. A ring, so that memory is bounded.
internal sealed unsafe class Quarantine(FailureLog failures) : IDisposable
{
    public const byte Poison = 0x6B;

    private const int Capacity = 1024;

    private readonly Lock _lock = new();
    private readonly (nint Block, int Bytes)[] _ring = new (nint Block, int Bytes)[Capacity];
    private long _admitted;

    public void Admit(CheckedBlock* block)
    {
        if (!CheckedBlock.IsIntact(block))
        {
            failures.Add(
                $"A block came to its deallocator damaged, or twice: mark {block->Mark:x}, "
                + $"generation {block->Generation:x}.");
            return;
        }

        int bytes = block->Bytes;
        // SAFETY: intact, so it has the size that it names, and its last reader is gone.
        new Span<byte>(block, bytes).Fill(Poison);
        lock (_lock)
        {
            ref (nint Block, int Bytes) place = ref _ring[_admitted++ % Capacity];
            Release(place);
            place = ((nint)block, bytes);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach ((nint Block, int Bytes) held in _ring)
            {
                Release(held);
            }

            Array.Clear(_ring);
        }
    }

    private void Release((nint Block, int Bytes) held)
    {
        if (held.Block != 0)
        {
            int damaged = new Span<byte>((void*)held.Block, held.Bytes).IndexOfAnyExcept(Poison);
            if (damaged >= 0)
            {
                failures.Add(
                    $"A block of {held.Bytes} bytes was written to after it had been freed, at byte {damaged}.");
            }

            NativeMemory.Free((void*)held.Block);
        }
    }
}

// The user deallocator that puts blocks there.
internal readonly unsafe struct QuarantineHeap : INativeDeallocator
{
    public static void Free(void* block)
    {
        // A block that is already poison has no owner: it was freed before, and is still in quarantine.
        nint owner = ((CheckedBlock*)block)->Owner;
        if (owner == unchecked((nint)(0x0101010101010101 * Quarantine.Poison)))
        {
            throw new InvalidOperationException("A block came to its deallocator twice.");
        }

        Subject subject = Subject.Of(owner);
        subject.Quarantine.Admit((CheckedBlock*)block);
        subject.Tally.CodeBlockFreed();
    }
}
