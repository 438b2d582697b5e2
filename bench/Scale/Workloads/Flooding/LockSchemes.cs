using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Workloads.Flooding;

// Without grace periods: an updater that excludes or counts readers may free at once.

internal readonly unsafe struct Locked(Slots slots) : IScheme
{
    private readonly Lock _lock = new();

    public void Fill(int slot) => slots.Fill(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value)
    {
        long* block = Slots.Allocate(value);
        long* old;
        lock (_lock)
        {
            old = slots.At(slot)->LoadProtected();
            slots.At(slot)->Assign(block);
        }

        NativeMemory.Free(old);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(int slot)
    {
        lock (_lock)
        {
            return *slots.At(slot)->LoadProtected();
        }
    }

    public void Barrier()
    {
    }

    public void Clear(int slot) => slots.Clear(slot);
}

internal readonly unsafe struct ReaderWriterLocked(Slots slots) : IScheme
{
    private static readonly ReaderWriterLockSlim s_lock = new();

    public void Fill(int slot) => slots.Fill(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value)
    {
        long* block = Slots.Allocate(value);
        s_lock.EnterWriteLock();
        long* old = slots.At(slot)->LoadProtected();
        slots.At(slot)->Assign(block);
        s_lock.ExitWriteLock();
        NativeMemory.Free(old);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(int slot)
    {
        s_lock.EnterReadLock();
        long value = *slots.At(slot)->LoadProtected();
        s_lock.ExitReadLock();
        return value;
    }

    public void Barrier()
    {
    }

    public void Clear(int slot) => slots.Clear(slot);
}

// A reference count split in two, so that a reader never touches a block that it does not hold yet. Readers count in
// the upper 16 bits of the slot's word as they take the pointer. The updater that replaces the block moves that count
// into the block, where readers that find another block in the slot count down.
internal readonly unsafe struct Counted(Slots slots) : IScheme
{
    private const int CountShift = 48;
    private const ulong OneReader = 1UL << CountShift;
    private const ulong Address = OneReader - 1;

    public void Fill(int slot)
    {
        slots.Fill(slot);
        CountOf(*Word(slot)) = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Replace(int slot, long value)
    {
        long* block = Slots.Allocate(value);
        CountOf((ulong)block) = 0;
        ulong old = Interlocked.Exchange(ref *Word(slot), (ulong)block);
        if (Interlocked.Add(ref CountOf(old), (long)(old >> CountShift)) == 0)
        {
            NativeMemory.Free((void*)(old & Address));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Read(int slot)
    {
        ulong held = Interlocked.Add(ref *Word(slot), OneReader);
        long value = *(long*)(held & Address);
        Release(slot, held);
        return value;
    }

    public void Barrier()
    {
    }

    public void Clear(int slot) => NativeMemory.Free((void*)(*Word(slot) & Address));

    private void Release(int slot, ulong seen)
    {
        ulong block = seen & Address;
        while ((seen & Address) == block && seen >= OneReader)
        {
            ulong now = Interlocked.CompareExchange(ref *Word(slot), seen - OneReader, seen);
            if (now == seen)
            {
                return;
            }

            seen = now;
        }

        if (Interlocked.Decrement(ref CountOf(block)) == 0)
        {
            NativeMemory.Free((void*)block);
        }
    }

    private ulong* Word(int slot) => (ulong*)slots.At(slot);

    private static ref long CountOf(ulong word) => ref ((long*)(word & Address))[1];
}
