using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Validate;

namespace Quiescent.Reclamation;

// The user code that the reclaimer runs now, to be named in a report if it does not return: the queue, whose count of
// reclaimed items tells the running item from the next, and the last function called. Only the reclaimer writes it,
// with two stores for a function. Waiting threads read it, and trust what stays the same for long.
internal sealed unsafe class RunningCallback : ICallbackWatch
{
    private nint _heads;
    private nint _pages;
    private nint _word;
    private ManagedCallback? _callback;
    private string? _queuedAt;

    /// <summary>From here to <see cref="Leave"/> the reclaimer runs the heads of this queue.</summary>
    public void Enter(HeadQueue* queue) => Order.Release(ref _heads, (nint)queue);

    /// <summary>The head that comes next. Under Validate the ledger knows where it was queued.</summary>
    public void BeginCallback(RcuHead* head, BlockLedger? ledger)
    {
        // SAFETY: the reclaimer has detached the head and not reclaimed it.
        nint word = head->Word;
        Order.Release(ref _word, word);
        Order.Release(ref _callback, word == ManagedCallback.Function ? ManagedCallback.Peek(head) : null);
        BeginCallback(HeadWord.IsTrivial(word) ? HeadWord.BlockOf(head, word) : (void*)head, ledger);
    }

    /// <summary>The block that comes next.</summary>
    public void BeginCallback(void* block, BlockLedger? ledger)
    {
        if (ledger is not null)
        {
            Order.Release(ref _queuedAt, ledger.PlaceOf(block));
        }
    }

    /// <summary>From here to <see cref="Leave"/> a user deallocator frees the blocks of this queue.</summary>
    public void Enter(PageQueue* queue) => Order.Release(ref _pages, (nint)queue);

    public void Leave()
    {
        Order.Release(ref _heads, 0);
        Order.Release(ref _pages, 0);
        Order.Release(ref _callback, null);
        Order.Release(ref _queuedAt, null);
    }

    /// <summary>The head that runs: its queue, its position there and, under Validate, where it was queued. Only in a
    /// callback, on the reclaimer.</summary>
    public (nint Queue, long Position) ReadCurrent(out string? queuedAt)
    {
        // SAFETY: as in TryRead.
        HeadQueue* heads = (HeadQueue*)Order.Acquire(in _heads);
        queuedAt = Order.Acquire(in _queuedAt);
        return ((nint)heads, Order.Acquire(in heads->Reclaimed) + 1);
    }

    public bool TryRead(out (nint Queue, long Position) running)
    {
        // SAFETY: queues live as long as the domain's slots (O5: slot visible before use).
        HeadQueue* heads = (HeadQueue*)Order.Acquire(in _heads);
        PageQueue* pages = (PageQueue*)Order.Acquire(in _pages);
        running = heads != null ? ((nint)heads, Order.Acquire(in heads->Reclaimed))
            : pages != null ? ((nint)pages, Order.Acquire(in pages->Reclaimed))
            : default;
        return running.Queue != 0;
    }

    public bool TryDescribe((nint Queue, long Position) seen, out string name, out string? queuedAt)
    {
        name = Describe();
        queuedAt = Order.Acquire(in _queuedAt);
        return TryRead(out (nint Queue, long Position) running) && running == seen;
    }

    private string Describe()
    {
        // SAFETY: as in TryRead.
        PageQueue* pages = (PageQueue*)Order.Acquire(in _pages);
        if (pages != null)
        {
            return Deallocators.NameOf(pages->Channel);
        }

        nint word = Order.Acquire(in _word);
        return HeadWord.IsTrivial(word) ? Deallocators.NameOf(HeadWord.ChannelOf(word))
            : Order.Acquire(in _callback)?.Name ?? MethodNames.OfFunction(word, typeof(RcuHead));
    }
}

// What CallbackStallDetector looks at: user code that a barrier may wait for.
internal interface ICallbackWatch
{
    /// <summary>Whether something runs. An answer equal to an earlier one means that the same item still
    /// runs.</summary>
    bool TryRead(out (nint Queue, long Position) running);

    /// <summary>The name of what runs and, under Validate, where it was queued. False: it no longer runs. May take
    /// long.</summary>
    bool TryDescribe((nint Queue, long Position) seen, out string name, out string? queuedAt);
}
