namespace Quiescent.Ordering;

// One thread, from when it took native memory of the library's to its end. The end is the operating system's, not that
// of the runtime's Thread object, for the two differ:
//
//   - A thread of native code detaches from the runtime when it ends, and its Thread object is dead. Then a destructor
//     of its thread-specific data (pthread_key_create) may call managed code, which attaches it again: with another
//     Thread object, but with the same thread-local words, and so with pointers to what it had before.
//   - Attached so late, the thread ends without telling the runtime. Its second Thread object stays alive for ever.
//
// So what a thread's words point to stays that thread's until no word of it can be read any more. Where the operating
// system cannot be asked (OsThread.CanTell), the Thread object decides, and such destructors must not use the library.
//
// Checked by: NativeThreadTests, OsThreadTests; torture churn; mutants O6.
internal readonly struct ThreadLife
{
    private readonly ulong _decidingId;
    private readonly long _seenAt;

    private ThreadLife(Thread thread, ulong osThreadId, bool isDecided)
    {
        Thread = thread;
        OsThreadId = osThreadId;
        _decidingId = isDecided ? osThreadId : 0;
        _seenAt = OsThread.Now;
    }

    public Thread Thread { get; }

    /// <summary>For reports; 0 where the platform has none.</summary>
    public ulong OsThreadId { get; }

    public static ThreadLife OfCurrent()
    {
        bool isDecided = Threads.OutliveTheirObjects && OsThread.CanTell;
        return new ThreadLife(Thread.CurrentThread, OsThread.CurrentId(), isDecided);
    }

    /// <summary>Of a thread whose object alone decides.</summary>
    public static ThreadLife OfObject(Thread thread) => new(thread, osThreadId: 0, isDecided: false);

    /// <summary>Whether the runtime's object says that the thread has ended: true soon after it for nearly all threads,
    /// and cheap to ask.</summary>
    public bool IsObjectDead
    {
        get
        {
            try
            {
                return Threads.HasEnded(Thread);
            }
            catch (ThreadStateException)
            {
                return true; // A program's finalizer asks after the thread's object has been finalized.
            }
        }
    }

    /// <summary>Whether the thread has ended: it runs no managed code any more. A system call; some 10 µs where the
    /// runtime's object is dead and the operating system still has a thread of the number.</summary>
    public bool HasEnded => _decidingId == 0
        ? IsObjectDead
        : OsThread.IsGone(_decidingId) || (IsObjectDead && OsThread.HasAnother(_decidingId, _seenAt));

    /// <summary>The same, and also found where the runtime never learned of the end and the number has gone to another
    /// thread. Some 10 µs.</summary>
    public bool HasEndedUnseen => HasEnded || (_decidingId != 0 && OsThread.HasAnother(_decidingId, _seenAt));

    /// <summary>What the operating system says of the thread now; the default where it cannot be asked, or the thread
    /// has ended. Some 10 µs; takes no memory and throws nothing.</summary>
    public ThreadStat ReadStat()
    {
        ThreadStat stat = OsThreadId == 0 ? default : OsThread.StatOf(OsThreadId);
        return stat.StartTime > _seenAt + 1 ? default : stat; // Else the number has gone to another thread.
    }

    /// <summary>Whether it is the current thread, in this attachment to the runtime or an earlier one.</summary>
    public bool IsCurrent => _decidingId == 0
        ? Thread == Thread.CurrentThread
        : _decidingId == OsThread.CurrentId() && !OsThread.HasAnother(_decidingId, _seenAt);
}
