using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Memory;

// Where the blocks of a channel go that keeps them for reuse, in place of a deallocator. Trivial as the built-in ones
// are (O8): it runs no user code, waits for no reader and cannot fail, so anyone may carry its blocks out, a page at a
// time.
internal abstract class BlockSink
{
    /// <summary>Takes blocks whose grace period has passed. The caller may hold a queue's lock.</summary>
    public abstract void Take(ReadOnlySpan<nint> blocks);

    /// <summary>The domain takes nothing more. May be told twice.</summary>
    public abstract void MarkDomainDisposed();
}

// The sinks of one domain, by their channels: -1, -2, … A number that is given back goes to the next sink, and with it
// each thread's queue for it, which is empty by then. So the queues of a thread are as many as there were pools at one
// time.
internal sealed class BlockSinks
{
    private BlockSink?[] _sinks = [];
    private int _gate;

    /// <summary>Gives the sink a channel.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory to note it.</exception>
    public int Add(BlockSink sink)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        int index = Array.IndexOf(_sinks, null);
        if (index < 0)
        {
            index = _sinks.Length;
            Array.Resize(ref _sinks, index + 1);
        }

        _sinks[index] = sink;
        return -1 - index;
    }

    /// <summary>Gives the channel back; nothing waits in it, and nothing will be queued.</summary>
    public void Remove(int channel)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        _sinks[-1 - channel] = null;
    }

    public void MarkDomainDisposed()
    {
        BlockSink?[] sinks;
        using (TryLock.Hold(ref _gate))
        {
            sinks = [.. _sinks];
        }

        foreach (BlockSink? sink in sinks)
        {
            sink?.MarkDomainDisposed();
        }
    }

    /// <summary>The sink that a queue names. The handle is its owner's, who frees it when nothing is queued any
    /// more.</summary>
    public static BlockSink Of(nint handle) => (BlockSink)GCHandle.FromIntPtr(handle).Target!;
}
