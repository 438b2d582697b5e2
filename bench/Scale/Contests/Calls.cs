namespace Quiescent.Scale.Contests;

// The contestants' names: the call that each makes, and its library if the call does not say.
internal static class Calls
{
    // The library.
    public const string ReadLock = "Rcu.ReadLock()";
    public const string DomainReadLock = "domain.ReadLock()";
    public const string ReaderReadLock = "reader.ReadLock()";
    public const string OnlineReadLock = "reader.ReadLock(), online";
    public const string OnlineReaderReadLock = "onlineReader.ReadLock()";
    public const string SleepableReadLock = "srcuDomain.ReadLock()";
    public const string RcuLockRead = "RcuReaderWriterLock.Read()";
    public const string RcuLockReadFull = "RcuReaderWriterLock.Read(), Full";
    public const string RcuLockReadAsync = "RcuAsyncReaderWriterLock.ReadAsync()";
    public const string RcuLockReadAsyncFull = "RcuAsyncReaderWriterLock.ReadAsync(), Full";
    public const string Synchronize = "domain.Synchronize()";
    public const string SynchronizeFull = "domain.Synchronize(), Full";
    public const string Barrier = "Rcu.Barrier()";
    public const string Free = "Rcu.Free(block)";
    public const string FreeHead = "Rcu.Free(block, head)";
    public const string FreeBulk = "Rcu.FreeBulk(blocks)";
    public const string FreeByUser = "Rcu.Free<TDeallocator>(block)";
    public const string Call = "Rcu.Call(state, action)";
    public const string PoolFree = "RcuPool<T>.Free(block)";

    // The library's maps.
    public const string MapFind = "RcuDictionary.Find()";
    public const string MapFindAround = "RcuDictionary.Find(), one section";
    public const string MapTryGetValue = "RcuDictionary.TryGetValue()";
    public const string MapFindAll = "RcuDictionary.FindAll()";
    public const string MapGetValues = "RcuDictionary.GetValues()";
    public const string MapOfLibrary = "RcuDictionary";

    // No protection at all.
    public const string Dereference = "*pointer";
    public const string DereferenceInC = "*pointer, in C";
    public const string NativeFree = "NativeMemory.Free(block)";
    public const string NativeFreeInC = "free(block), in C";
    public const string InterlockedPair = "Interlocked.Increment, Decrement";

    // The runtime.
    public const string ExclusiveLock = "lock (gate)";
    public const string EnterReadLock = "ReaderWriterLockSlim.EnterReadLock()";
    public const string EnterWriteLock = "ReaderWriterLockSlim.EnterWriteLock()";
    public const string AddRef = "SafeHandle.DangerousAddRef()";
    public const string CountUp = "Interlocked.CompareExchange(count)";
    public const string CountDown = "Interlocked.Decrement(count)";
    public const string SemaphoreWait = "SemaphoreSlim.Wait()";
    public const string SemaphoreWaitAsync = "SemaphoreSlim.WaitAsync()";
    public const string HazardPointer = "Interlocked.MemoryBarrier()";
    public const string GarbageCollected = "new Block()";

    public const string ConcurrentStructs = "ConcurrentDictionary<ulong, struct>";
    public const string ConcurrentArrays = "ConcurrentDictionary<ulong, byte[]>";
    public const string LockedDictionary = "Dictionary, ReaderWriterLockSlim";
    public const string NoMap = "no map";

    // Other libraries for .NET.
    public const string NonBlockingMap = "NonBlocking.ConcurrentDictionary";
    public const string LruCache = "ConcurrentLru, BitFaster";
    public const string TsavoriteMap = "TsavoriteKV";
    public const string TsavoriteResume = "LightEpoch.Resume(), Tsavorite";
    public const string FasterResume = "LightEpoch.Resume(), FASTER";
    public const string DotNextEnter = "Epoch.Enter(), DotNext";
    public const string TsavoriteBump = "LightEpoch.Bump(action), Tsavorite";
    public const string FasterBump = "LightEpoch.Bump(action), FASTER";
    public const string DotNextDefer = "Epoch.Scope.Defer(), DotNext";

    // Native libraries.
    public const string MembReadLock = "urcu_memb_read_lock()";
    public const string FullFenceReadLock = "urcu_mb_read_lock()";
    public const string QsbrReadLock = "urcu_qsbr_read_lock()";
    public const string CkBegin = "ck_epoch_begin()";
    public const string CrossbeamPin = "LocalHandle::pin(), crossbeam";
    public const string MembSynchronize = "urcu_memb_synchronize_rcu()";
    public const string FullFenceSynchronize = "urcu_mb_synchronize_rcu()";
    public const string QsbrSynchronize = "urcu_qsbr_synchronize_rcu()";
    public const string CkSynchronize = "ck_epoch_synchronize()";
    public const string MembCall = "urcu_memb_call_rcu()";
    public const string QsbrCall = "urcu_qsbr_call_rcu()";
    public const string MembDefer = "urcu_memb_defer_rcu()";
    public const string CkCall = "ck_epoch_call()";
    public const string CrossbeamDefer = "Guard::defer_destroy(), crossbeam";
    public const string MembBarrier = "urcu_memb_barrier()";
    public const string MembDeferBarrier = "urcu_memb_defer_barrier_thread()";
    public const string CkBarrier = "ck_epoch_barrier()";
    public const string LfhtMap = "cds_lfht, liburcu memb";
    public const string CuckooMap = "cuckoohash_map, libcuckoo";
    public const string TbbMap = "concurrent_hash_map, TBB";
    public const string DashMap = "DashMap";

    /// <summary>The same call in a program that was compiled ahead of time.</summary>
    public static string AheadOfTime(string call) => $"{call}, NativeAOT";
}
