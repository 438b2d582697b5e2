using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Flooding;

// The published pointers and the blocks behind them: 64 bytes each, from malloc.
internal readonly unsafe struct Slots(int count) : IDisposable
{
    public const int BlockBytes = 64;

    /// <summary>The slots of two updaters lie so far apart: 128 bytes.</summary>
    public const int Apart = 16;

    // SAFETY: freed by Dispose, when no thread uses the slots any more.
    private readonly RcuPointer<long>* _first = (RcuPointer<long>*)NativeMemory.AlignedAlloc(
        (nuint)count * 8, Apart * 8);

    public int Count => count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long* Allocate(long value)
    {
        long* block = (long*)NativeMemory.Alloc(BlockBytes);
        *block = value;
        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RcuPointer<long>* At(int slot) => _first + slot;

    /// <summary>Publishes a new block and returns the old one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long* Exchange(int slot, long value) => At(slot)->Exchange(Allocate(value));

    public void Fill(int slot)
    {
        *At(slot) = default;
        At(slot)->Assign(Allocate(slot));
    }

    public void Clear(int slot) => NativeMemory.Free(At(slot)->Exchange(null));

    public void Dispose() => NativeMemory.AlignedFree(_first);
}
