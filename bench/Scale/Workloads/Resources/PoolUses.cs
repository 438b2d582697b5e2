using System.Buffers;
using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Workloads.Resources;

// An array is rented, touched and returned.
internal abstract class ArrayRents(ArrayPool<byte> pool) : IDisposable
{
    private const int Length = 1_024;

    public long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop => TLoop.Run(new Rent(pool), offsets);

    public void Dispose() => Rcu.Barrier();

    private readonly struct Rent(ArrayPool<byte> pool) : IUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public long Once(int offset)
        {
            byte[] array = pool.Rent(Length);
            int place = offset % Length;
            array[place] = 1;
            long read = array[place];
            pool.Return(array);
            return read;
        }
    }
}

internal sealed class RcuRents() : ArrayRents(new RcuArrayPool<byte>()), IShared;

internal sealed class SharedRents() : ArrayRents(ArrayPool<byte>.Shared), IShared;

internal sealed class OwnRents() : ArrayRents(ArrayPool<byte>.Create()), IShared;

// The way without a pool.
internal sealed class NewArrays() : ArrayRents(new Forgetting()), IShared
{
    private sealed class Forgetting : ArrayPool<byte>
    {
        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false)
        {
        }
    }
}
