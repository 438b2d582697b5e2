using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Scale.Peers;

namespace Quiescent.Scale.Workloads.Flooding;

// The library, in its default domain; the form says how a block is handed over.
internal unsafe struct OwnScheme<TForm>(Slots slots, TForm form) : IScheme
    where TForm : struct, IForm
{
    public void Leave() => form.Flush();

    public readonly void Fill(int slot) => slots.Fill(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value) => form.HandOver(slots.Exchange(slot, value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly long Read(int slot) => Guard.Read(default, slots.At(slot));

    public readonly void Barrier() => Rcu.Barrier();

    public readonly void Clear(int slot) => slots.Clear(slot);
}

internal unsafe interface IForm
{
    void HandOver(long* block);

    void Flush()
    {
    }
}

internal readonly unsafe struct HeadLess : IForm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HandOver(long* block) => Rcu.Free(block);
}

internal readonly unsafe struct Head : IForm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HandOver(long* block) => Rcu.Free(block, (RcuHead*)(block + 1));
}

// Blocks are gathered by the updater and queued 64 at a time.
internal unsafe struct Bulk : IForm
{
    private const int Most = 64;

    private Gathered _gathered;
    private int _count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HandOver(long* block)
    {
        _gathered[_count++] = (nint)block;
        if (_count == Most)
        {
            Flush();
        }
    }

    public void Flush()
    {
        Rcu.FreeBulk(((ReadOnlySpan<nint>)_gathered)[.._count]);
        _count = 0;
    }

    [InlineArray(Most)]
    private struct Gathered
    {
        private nint _first;
    }
}

// Any callback: a delegate, whose state is the block, that frees it.
internal readonly unsafe struct Callback : IForm
{
    private static readonly Action<nint> s_free = static block => NativeMemory.Free((void*)block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HandOver(long* block) => Rcu.Call((nint)block, s_free);
}

// A user's deallocator is code to the library: only the reclaimer calls it.
internal readonly unsafe struct UserDeallocator : IForm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HandOver(long* block) => Rcu.Free<Heap>(block);

    private readonly struct Heap : INativeDeallocator
    {
        public static void Free(void* block) => NativeMemory.Free(block);
    }
}
