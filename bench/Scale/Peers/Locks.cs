using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Peers;

// Under a lock the updater frees at once what it has replaced.
internal readonly unsafe struct ExclusiveLock : IReadSide<Nothing>, IUpdateSide
{
    private static readonly Lock s_lock = new();

    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        lock (s_lock)
        {
            return *pointer->LoadProtected();
        }
    }

    public static void Replace(RcuPointer<long>* pointer, long* block)
    {
        long* old;
        lock (s_lock)
        {
            old = pointer->Exchange(block);
        }

        NativeMemory.Free(old);
    }
}

internal readonly unsafe struct SharedLock : IReadSide<Nothing>, IUpdateSide
{
    private static readonly ReaderWriterLockSlim s_lock = new();

    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        s_lock.EnterReadLock();
        try
        {
            return *pointer->LoadProtected();
        }
        finally
        {
            s_lock.ExitReadLock();
        }
    }

    public static void Replace(RcuPointer<long>* pointer, long* block)
    {
        long* old;
        s_lock.EnterWriteLock();
        try
        {
            old = pointer->Exchange(block);
        }
        finally
        {
            s_lock.ExitWriteLock();
        }

        NativeMemory.Free(old);
    }
}
