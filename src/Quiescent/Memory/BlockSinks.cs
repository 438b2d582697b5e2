using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Memory;

// Takes the blocks of a channel that keeps them for reuse, in place of a deallocator. It is trivial, as the built-in
// deallocators are: it runs no user code, waits for no reader and cannot fail. So O8 (user code on the reclaimer alone)
// lets any thread reclaim its blocks, a page at a time.
internal abstract class BlockSink
{
    /// <summary>Takes blocks whose grace period has passed. The caller may hold a queue's lock.</summary>
    public abstract void Take(ReadOnlySpan<nint> blocks);

    /// <summary>Tells the sink that its domain takes nothing more. May be called twice.</summary>
    public abstract void MarkDomainDisposed();
}

// The sinks of one domain, by their channels: -1, -2, … A number that is given back goes to the next sink, and with it
// each thread's queue for it, which is empty by then. So a thread never has more queues for sinks than there were pools
// at one time.
internal sealed class BlockSinks
{
    private BlockSink?[] _sinks = [];
    private int _gate;

    /// <summary>Gives the sink a channel.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for its entry.</exception>
    public int Add(BlockSink sink)
    {
        int channel = TryAdd(sink, []);
        while (channel == 0)
        {
            // Made beforehand: nothing under the gate may fail (O8).
            channel = TryAdd(sink, new BlockSink?[Order.Acquire(in _sinks).Length + 1]);
        }

        return channel;
    }

    /// <summary>Gives the channel back; nothing waits in its queues, and nothing will be queued.</summary>
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
            sinks = _sinks;
        }

        for (int i = 0; i < sinks.Length; i++)
        {
            Order.Acquire(in sinks[i])?.MarkDomainDisposed();
        }
    }

    // 0: there is no room. The room has that for one more than there were.
    private int TryAdd(BlockSink sink, BlockSink?[] room)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        int index = Array.IndexOf(_sinks, null);
        if (index < 0)
        {
            index = _sinks.Length;
            if (room.Length != index + 1)
            {
                return 0;
            }

            _sinks.CopyTo(room, 0);
            Order.Release(ref _sinks, room);
        }

        Order.Release(ref _sinks[index], sink);
        return -1 - index;
    }

    /// <summary>The sink that a queue names. The sink owns the handle, and frees it when nothing is queued any
    /// more.</summary>
    public static BlockSink Of(nint handle) => (BlockSink)GCHandle.FromIntPtr(handle).Target!;
}
