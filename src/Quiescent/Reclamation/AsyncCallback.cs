using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Queues;

namespace Quiescent.Reclamation;

// An asynchronous callback. Up to its first await it runs on the reclaimer like any callback. From there it is pending:
// the reclaimer goes on, the callbacks behind it included, and barriers find it in the domain's PendingCallbacks.
//
// O7 (exactly once)  What it needs to be pending is made with it, when it is queued: past the call nothing fails for
//     lack of memory but what its own task allocates. A task that cannot be awaited counts as one that failed.
// O8  Its task may complete on any thread, and there only the library's own bookkeeping runs. A failure is reported by
//     a pool thread, before the callback ceases to be pending.
internal abstract class AsyncCallback : ManagedCallback, IThreadPoolWorkItem
{
    private readonly DomainCore _core;
    private readonly Action _complete;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _awaiter;
    private Exception? _failure;
    private long _number;

    protected AsyncCallback(DomainCore core)
    {
        _core = core;
        _complete = Complete;
    }

    /// <summary>The queue that it came from and its position there, by which barriers know it.</summary>
    public (nint Queue, long Position) Item { get; private set; }

    /// <summary>Its number among the domain's pending callbacks, which own it; 0 unless it is pending.</summary>
    public long Number
    {
        get => Order.Acquire(in _number);
        set => Order.Release(ref _number, value);
    }

    /// <summary>Under Validate: where it was queued.</summary>
    public string? QueuedAt { get; private set; }

    /// <summary>The neighbours in the list of pending callbacks, which owns them.</summary>
    public AsyncCallback? Previous { get; set; }

    public AsyncCallback? Next { get; set; }

    /// <summary>A pool thread reports the failure, with no lock held.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        _core.ReportFailure(_failure!);
        _core.Pending.TryRemove(this);
    }

    protected abstract ValueTask Start();

    [SuppressMessage("Reliability", "CA2012", Justification = "The awaiter takes the result, once.")]
    protected override void Run()
    {
        // O8: not through a synchronization context that the callback set; nobody may serve that.
        ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter awaiter =
            Start().ConfigureAwait(continueOnCapturedContext: false).GetAwaiter();
        if (awaiter.IsCompleted)
        {
            awaiter.GetResult();
            return;
        }

        Item = _core.Running.ReadCurrent(out string? queuedAt);
        QueuedAt = queuedAt;
        _awaiter = awaiter;
        _core.Pending.Add(this);
        try
        {
            awaiter.UnsafeOnCompleted(_complete);
        }
        catch
        {
            _core.Pending.TryRemove(this);
            throw;
        }
    }

    // On the thread that completes the task, whatever that thread is doing.
    private void Complete()
    {
        try
        {
            _awaiter.GetResult();
        }
        catch (Exception e)
        {
            _failure = e;
            QueueReport();
            return;
        }

        _core.Pending.TryRemove(this);
    }

    private void QueueReport()
    {
        try
        {
            Threads.RunElsewhere(this);
        }
        catch (OutOfMemoryException)
        {
            ((IThreadPoolWorkItem)this).Execute(); // Late or elsewhere, but not lost.
        }
    }
}

internal sealed class AsyncActionCallback(DomainCore core, Func<ValueTask> callback) : AsyncCallback(core)
{
    public override string Name => MethodNames.Of(callback);

    protected override ValueTask Start() => callback();
}

internal sealed class AsyncStateCallback<TState>(DomainCore core, TState state, Func<TState, ValueTask> callback)
    : AsyncCallback(core)
{
    public override string Name => MethodNames.Of(callback);

    protected override ValueTask Start() => callback(state);
}
