using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Flooding;

// The floor: the old block is freed at once. A reader could be holding it, so the reader here loads the pointer (that
// much traffic there is on the slot's line) and doesn't follow it.
internal readonly unsafe struct FreeAtOnce(Slots slots) : IScheme
{
    public void Fill(int slot) => slots.Fill(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value) => NativeMemory.Free(slots.Exchange(slot, value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(int slot) => (nint)slots.At(slot)->LoadProtected();

    public void Barrier()
    {
    }

    public void Clear(int slot) => slots.Clear(slot);
}

// What .NET programs usually do: allocate on the garbage-collected heap and forget.
internal readonly struct GcHeap(Slots slots) : IScheme
{
    private readonly Block?[] _slots = new Block?[slots.Count];

    public void Fill(int slot) => _slots[slot] = Create(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value) => Interlocked.Exchange(ref _slots[slot], Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(int slot) => Volatile.Read(ref _slots[slot])!.Words[0];

    public void Barrier()
    {
    }

    public void Clear(int slot) => _slots[slot] = null;

    private static Block Create(long value)
    {
        Block block = new();
        block.Words[0] = value;
        return block;
    }

    // 64 bytes for the user, as the native blocks; the object's header makes it 80, as malloc's does.
    private sealed class Block
    {
        public Words Words;
    }

    [InlineArray(Slots.BlockBytes / 8)]
    private struct Words
    {
        private long _first;
    }
}
