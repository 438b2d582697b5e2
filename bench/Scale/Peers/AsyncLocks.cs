using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Peers;

/// <summary>A lock that may be held across <c>await</c>, around a field that some tasks read and others
/// change.</summary>
internal interface IAsyncLockSide
{
    static abstract ValueTask<long> Read(StrongBox<long> field);

    static abstract ValueTask Write(StrongBox<long> field);
}

/// <summary>Which domain an asynchronous lock of the library's has; null: its own.</summary>
internal interface IAsyncLockDomain
{
    static abstract SrcuDomain? Create();
}

internal readonly struct OwnSleepableDomain : IAsyncLockDomain
{
    public static SrcuDomain? Create() => null;
}

// Its readers fence, so that writers need no process-wide barrier.
internal readonly struct FencedSleepableDomain : IAsyncLockDomain
{
    public static SrcuDomain? Create() =>
        new(new RcuDomainOptions { Name = "scale", ReadSideBarrier = ReadSideBarrier.Full });
}

internal readonly struct RcuAsyncLock<TDomain> : IAsyncLockSide
    where TDomain : struct, IAsyncLockDomain
{
    private static readonly RcuAsyncReaderWriterLock s_lock = new(TDomain.Create(), "scale");

    public static async ValueTask<long> Read(StrongBox<long> field)
    {
        using AsyncReadScope scope = await s_lock.ReadAsync();
        return field.Value;
    }

    public static async ValueTask Write(StrongBox<long> field)
    {
        using AsyncWriteScope scope = await s_lock.WriteAsync();
        field.Value++;
    }
}

// What the runtime has for it: one at a time.
internal readonly struct AsyncSemaphore : IAsyncLockSide
{
    private static readonly SemaphoreSlim s_semaphore = new(1);

    public static async ValueTask<long> Read(StrongBox<long> field)
    {
        await s_semaphore.WaitAsync();
        try
        {
            return field.Value;
        }
        finally
        {
            s_semaphore.Release();
        }
    }

    public static async ValueTask Write(StrongBox<long> field)
    {
        await s_semaphore.WaitAsync();
        try
        {
            field.Value++;
        }
        finally
        {
            s_semaphore.Release();
        }
    }
}
