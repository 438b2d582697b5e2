using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Resources;

// A managed object that has something to dispose of: the pattern in unmanaged memory.
internal sealed unsafe class PatternOwner : IDisposable
{
    private byte* _bytes = Pattern.Allocate();

    // SAFETY: the reader has kept the owner from being disposed of; offsets lie within the pattern.
    public byte At(int offset) => _bytes[offset];

    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}

// The floor: a field, and the GC, which keeps the object and not what it owns.
internal sealed class VolatileField : IShared
{
    private PatternOwner? _owner = new();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(this), offsets);

    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Dispose();

    private readonly struct Byte(VolatileField field) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => Volatile.Read(ref field._owner)!.At(offset);
    }
}

// A count of readers beside the object; the field's own reference is the first. A reader that finds 0 has come too late
// and looks again.
internal sealed class CountedField : IShared
{
    private Counted? _counted = new();

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(this), offsets);

    public void Dispose() => Interlocked.Exchange(ref _counted, null)?.Release();

    private readonly struct Byte(CountedField field) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            Counted counted = Volatile.Read(ref field._counted)!;
            while (!counted.TryHold())
            {
                counted = Volatile.Read(ref field._counted)!;
            }

            try
            {
                return counted.Owner.At(offset);
            }
            finally
            {
                counted.Release();
            }
        }
    }

    private sealed class Counted
    {
        private int _count = 1;

        public PatternOwner Owner { get; } = new();

        public bool TryHold()
        {
            int count = Volatile.Read(ref _count);
            while (count != 0)
            {
                int before = Interlocked.CompareExchange(ref _count, count + 1, count);
                if (before == count)
                {
                    return true;
                }

                count = before;
            }

            return false;
        }

        public void Release()
        {
            if (Interlocked.Decrement(ref _count) == 0)
            {
                Owner.Dispose();
            }
        }
    }
}

// A section a use.
internal sealed class GuardedReference : IShared
{
    private readonly RcuReference<PatternOwner> _reference = new(new PatternOwner());

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Byte(_reference), offsets);

    public void Dispose() => _reference.Dispose();

    private readonly struct Byte(RcuReference<PatternOwner> reference) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            using ReadGuard guard = Rcu.ReadLock();
            return guard.Dereference(reference)!.At(offset);
        }
    }
}

// One section around all uses.
internal sealed class ReferenceInSection : IShared
{
    private readonly RcuReference<PatternOwner> _reference = new(new PatternOwner());

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop
    {
        using ReadGuard guard = Rcu.ReadLock();
        return TLoop.Run(new Byte(guard, _reference), offsets);
    }

    public void Dispose() => _reference.Dispose();

    private readonly ref struct Byte(ReadGuard guard, RcuReference<PatternOwner> reference) : IUse
    {
        private readonly ReadGuard _guard = guard;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset) => _guard.Dereference(reference)!.At(offset);
    }
}
