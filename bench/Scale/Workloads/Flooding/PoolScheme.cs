using System.Runtime.CompilerServices;
using Quiescent.Scale.Peers;

namespace Quiescent.Scale.Workloads.Flooding;

// The library's pool in place of malloc, in its default domain. Each turn has a pool of its own.
internal readonly unsafe struct PoolScheme(Slots slots, RcuPool<PoolScheme.Block> pool) : IScheme
{
    public void Fill(int slot)
    {
        *slots.At(slot) = default;
        slots.At(slot)->Assign(Rent(slot));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value) => pool.Free((Block*)slots.At(slot)->Exchange(Rent(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(int slot) => Guard.Read(default, slots.At(slot));

    public void Barrier() => Rcu.Barrier();

    public void Clear(int slot) => pool.FreeNow((Block*)slots.At(slot)->Exchange(null));

    public void End() => pool.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long* Rent(long value)
    {
        long* block = (long*)pool.Rent();
        *block = value;
        return block;
    }

    [InlineArray(Slots.BlockBytes / 8)]
    internal struct Block
    {
        private long _first;
    }
}
