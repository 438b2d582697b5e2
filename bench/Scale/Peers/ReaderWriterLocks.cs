namespace Quiescent.Scale.Peers;

/// <summary>A lock around a field that some threads read and others change.</summary>
internal interface ILockSide
{
    static abstract long Read(ref long field);

    static abstract void Write(ref long field);
}

/// <summary>Which domain a lock of the library's has; null: its own.</summary>
internal interface ILockDomain
{
    static abstract RcuDomain? Create();
}

internal readonly struct OwnDomain : ILockDomain
{
    public static RcuDomain? Create() => null;
}

// Its readers fence, so that writers need no process-wide barrier.
internal readonly struct FencedDomain : ILockDomain
{
    public static RcuDomain? Create() =>
        new(new RcuDomainOptions { Name = "scale", ReadSideBarrier = ReadSideBarrier.Full });
}

internal readonly struct RcuLock<TDomain> : ILockSide
    where TDomain : struct, ILockDomain
{
    private static readonly RcuReaderWriterLock s_lock = new(TDomain.Create(), "scale");

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
