namespace Quiescent.Scale.Peers;

/// <summary>A lock around a field that some threads read and others change.</summary>
internal interface ILockSide
{
    static abstract long Read(ref long field);

    static abstract void Write(ref long field);
}

// The library's, with a domain of its own.
internal readonly struct RcuLock : ILockSide
{
    private static readonly RcuReaderWriterLock s_lock = new(name: "scale");

    public static long Read(ref long field)
    {
        using RcuReaderWriterLock.ReadScope scope = s_lock.Read();
        return field;
    }

    public static void Write(ref long field)
    {
        using RcuReaderWriterLock.WriteScope scope = s_lock.Write();
        field++;
    }
}

// The same, whose readers fence, so that its writers need no process-wide barrier.
internal readonly struct RcuLockOfFencedReaders : ILockSide
{
    private static readonly RcuReaderWriterLock s_lock = new(
        new RcuDomain(new RcuDomainOptions { Name = "scale", ReadSideBarrier = ReadSideBarrier.Full }));

    public static long Read(ref long field)
    {
        using RcuReaderWriterLock.ReadScope scope = s_lock.Read();
        return field;
    }

    public static void Write(ref long field)
    {
        using RcuReaderWriterLock.WriteScope scope = s_lock.Write();
        field++;
    }
}

internal readonly struct SlimLock : ILockSide
{
    private static readonly ReaderWriterLockSlim s_lock = new();

    public static long Read(ref long field)
    {
        s_lock.EnterReadLock();
        try
        {
            return field;
        }
        finally
        {
            s_lock.ExitReadLock();
        }
    }

    public static void Write(ref long field)
    {
        s_lock.EnterWriteLock();
        try
        {
            field++;
        }
        finally
        {
            s_lock.ExitWriteLock();
        }
    }
}

internal readonly struct MutualLock : ILockSide
{
    private static readonly Lock s_lock = new();

    public static long Read(ref long field)
    {
        lock (s_lock)
        {
            return field;
        }
    }

    public static void Write(ref long field)
    {
        lock (s_lock)
        {
            field++;
        }
    }
}
