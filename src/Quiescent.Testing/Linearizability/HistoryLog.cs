using Quiescent.Ordering;

namespace Quiescent.Testing;

/// <summary>
/// What one thread of a <see cref="HistoryRecorder{TCall, TResult}"/> does: <see cref="Invoke"/> just before each
/// operation, <see cref="Return"/> just after it. One thread at a time uses a log; which one does not matter, so that a
/// test can also write a history by hand, with several logs on one thread.
/// </summary>
/// <remarks>Takes no lock. A call costs a copy and a load, a return a copy and one interlocked instruction; memory is
/// allocated for up to 1,024 operations at a time.</remarks>
/// <typeparam name="TCall">An operation with its arguments.</typeparam>
/// <typeparam name="TResult">What an operation returned.</typeparam>
public sealed class HistoryLog<TCall, TResult>
    where TCall : struct
    where TResult : struct
{
    private readonly HistoryClock _clock;
    private HistoryChunk<TCall, TResult> _last;

    internal HistoryLog(HistoryClock clock, int number)
    {
        _clock = clock;
        Number = number;
        First = _last = new HistoryChunk<TCall, TResult>(0);
    }

    /// <summary>The thread's number, from 1 on, as reports show it.</summary>
    public int Number { get; }

    internal HistoryChunk<TCall, TResult> First { get; }

    /// <summary>Records that the operation is about to be called. If the one before has neither returned nor been
    /// discarded (its call threw), it stays without a result: it may take effect at any time from its call on, or not
    /// at all.</summary>
    /// <param name="call">The operation with its arguments.</param>
    public void Invoke(in TCall call)
    {
        HistoryChunk<TCall, TResult> chunk = _last;
        if (chunk.Used == chunk.Entries.Length)
        {
            chunk = Extend(chunk);
        }

        ref HistoryEntry<TCall, TResult> entry = ref chunk.Entries[chunk.Used++];
        entry.Call = call;
        Order.Release(ref entry.CalledAt, _clock.StampCall());
    }

    /// <summary>Records what the operation has returned.</summary>
    /// <param name="result">What it returned; <c>default</c> if it returns nothing.</param>
    /// <exception cref="InvalidOperationException">No operation was invoked, or it has returned already.</exception>
    public void Return(in TResult result)
    {
        long now = _clock.StampReturn();
        ref HistoryEntry<TCall, TResult> entry = ref Open();
        entry.Result = result;
        Order.Release(ref entry.ReturnedAt, now);
    }

    /// <summary>Takes the operation back that was invoked last and has not returned: it failed, and must have changed
    /// nothing. If it has changed something, operations that see the change have no order.</summary>
    /// <exception cref="InvalidOperationException">No operation was invoked, or it has returned already.</exception>
    public void Discard() => Order.Release(ref Open().ReturnedAt, HistoryEntry<TCall, TResult>.Discarded);

    private ref HistoryEntry<TCall, TResult> Open()
    {
        HistoryChunk<TCall, TResult> chunk = _last;
        int index = chunk.Used - 1;
        if (index < 0 || chunk.Entries[index].ReturnedAt != 0)
        {
            throw new InvalidOperationException("An operation returns that was not invoked.");
        }

        return ref chunk.Entries[index];
    }

    // On the recording thread, so that what it writes stands among its own objects and not beside another thread's.
    private HistoryChunk<TCall, TResult> Extend(HistoryChunk<TCall, TResult> full)
    {
        HistoryChunk<TCall, TResult> next = new(Math.Clamp(2 * full.Entries.Length, 32, 1024));
        _last = next;
        Order.Release(ref full.Next, next);
        return next;
    }
}

/// <summary>Operations of one thread, in the order of their calls.</summary>
internal sealed class HistoryChunk<TCall, TResult>(int capacity)
    where TCall : struct
    where TResult : struct
{
    /// <summary>Set once, when the chunk is full.</summary>
    public HistoryChunk<TCall, TResult>? Next;

    /// <summary>Entries that have begun; the recording thread's own.</summary>
    public int Used;

    public HistoryEntry<TCall, TResult>[] Entries { get; } = new HistoryEntry<TCall, TResult>[capacity];
}

/// <summary>An operation as its thread records it. A stamp of zero is one that is not there yet; what stands before it
/// in the entry may be read once it is.</summary>
internal struct HistoryEntry<TCall, TResult>
{
    /// <summary>The stamp of an operation that was taken back.</summary>
    public const long Discarded = -1;

    public TCall Call;
    public long CalledAt;
    public TResult Result;
    public long ReturnedAt;
}
