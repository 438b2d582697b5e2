using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Peers;

// Reference counts. The count outlives its block, in an object on the GC heap: one inside the block could not be raised
// safely by a reader that has only just loaded the block's address. So readers go through a field of their own instead
// of the given pointer.
internal readonly unsafe struct CountedHandle : IReadSide<Nothing>, IUpdateSide
{
    private static BlockHandle s_handle = new((long*)NativeMemory.AllocZeroed(64));

    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        while (true)
        {
            BlockHandle handle = Volatile.Read(ref s_handle);
            if (TryHold(handle))
            {
                long value = *(long*)handle.DangerousGetHandle();
                handle.DangerousRelease();
                return value;
            }
        }
    }

    public static void Replace(RcuPointer<long>* pointer, long* block) =>
        Interlocked.Exchange(ref s_handle, new BlockHandle(block)).Dispose();

    // There is no other way to find out whether it was replaced and closed since the field was read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryHold(BlockHandle handle)
    {
        bool isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
        }
        catch (ObjectDisposedException)
        {
        }

        return isHeld;
    }

    private sealed class BlockHandle : SafeHandle
    {
        public BlockHandle(long* block)
            : base(0, ownsHandle: true) => SetHandle((nint)block);

        public override bool IsInvalid => handle == 0;

        // SAFETY: called once, when nobody holds the handle.
        protected override bool ReleaseHandle()
        {
            NativeMemory.Free((void*)handle);
            return true;
        }
    }
}

internal readonly unsafe struct InterlockedCount : IReadSide<Nothing>, IUpdateSide
{
    private static Counted s_counted = new((long*)NativeMemory.AllocZeroed(64));

    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        Counted counted = Volatile.Read(ref s_counted);
        while (!counted.TryHold())
        {
            counted = Volatile.Read(ref s_counted);
        }

        long value = *counted.Block;
        counted.Release();
        return value;
    }

    public static void Replace(RcuPointer<long>* pointer, long* block) =>
        Interlocked.Exchange(ref s_counted, new Counted(block)).Release();

    private sealed class Counted(long* block)
    {
        private int _count = 1; // The pointer's own; 0: freed.

        public long* Block => block;

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
                NativeMemory.Free(block);
            }
        }
    }
}
