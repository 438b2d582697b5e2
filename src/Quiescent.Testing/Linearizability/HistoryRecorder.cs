using Quiescent.Ordering;

namespace Quiescent.Testing;

/// <summary>
/// Records what threads do with a concurrent structure, and checks that it is linearizable: that each operation took
/// effect at one moment between its call and its return.
/// </summary>
/// <remarks>
/// <para>Each thread has a log of its own. Recording takes no lock, and millions of operations are checked in
/// seconds: each key is checked alone, in one pass.</para>
/// <code>
/// HistoryRecorder&lt;MapCall&lt;int, long&gt;, MapResult&lt;long&gt;&gt; recorder = new();
/// // On each thread:
/// var log = recorder.RegisterThread();
/// log.Invoke(new(MapMethod.TryAdd, key, value));
/// log.Return(new(map.TryAdd(key, value)));
/// // When all have ended:
/// RcuAssert.Linearizable(recorder, new MapSpecification&lt;int, long&gt;());
/// </code>
/// </remarks>
/// <typeparam name="TCall">An operation with its arguments: a small struct.</typeparam>
/// <typeparam name="TResult">What an operation returned: a small struct.</typeparam>
public sealed class HistoryRecorder<TCall, TResult>
    where TCall : struct
    where TResult : struct
{
    /// <summary>How often a check asks the specification at most, unless the caller says otherwise: for some ten
    /// seconds.</summary>
    public const long DefaultBudget = 1_000_000_000;

    private readonly Lock _lock = new();
    private readonly List<HistoryLog<TCall, TResult>> _logs = [];
    private readonly HistoryClock _clock = new();

    /// <summary>Adds a thread. Takes a lock.</summary>
    /// <returns>The thread's log.</returns>
    public HistoryLog<TCall, TResult> RegisterThread()
    {
        lock (_lock)
        {
            HistoryLog<TCall, TResult> log = new(_clock, _logs.Count + 1);
            _logs.Add(log);
            return log;
        }
    }

    /// <summary>
    /// Checks what has been recorded so far. Threads may still be recording: an operation that has not returned when
    /// the check begins may have taken effect or not.
    /// </summary>
    /// <typeparam name="TKey">The part of the structure that an operation is about.</typeparam>
    /// <typeparam name="TState">What is there under one key.</typeparam>
    /// <param name="specification">What the structure does when one thread uses it alone.</param>
    /// <param name="budget">How often the check asks the specification at most. It looks through all keys before it
    /// spends more on the hard ones.</param>
    /// <returns>The verdict, with a counterexample if there is no order.</returns>
    /// <exception cref="ArgumentNullException">The specification is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The budget is not positive.</exception>
    public LinearizabilityReport Check<TKey, TState>(
        ISequentialSpecification<TKey, TState, TCall, TResult> specification, long budget = DefaultBudget)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(specification);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(budget);
        return new HistoryCheck<TKey, TState, TCall, TResult>(specification, Freeze(specification), budget).Run();
    }

    // The history up to this moment, in which all that an operation has seen is there. Operations that returned before
    // it count as returned. What they have seen, they saw before this moment: stores of operations that had begun, each
    // of them after the operation's own entry in program order. The fence of all threads makes these entries visible
    // here, so that the recording threads need no fence between entry and operation. A log that is added later has none
    // of these operations.
    private KeyedHistory<TKey, TState, TCall, TResult> Freeze<TKey, TState>(
        ISequentialSpecification<TKey, TState, TCall, TResult> specification)
        where TKey : notnull
    {
        long now = _clock.StampReturn();
        Order.FenceAllThreads();
        HistoryLog<TCall, TResult>[] logs;
        lock (_lock)
        {
            logs = [.. _logs];
        }

        KeyedHistory<TKey, TState, TCall, TResult> history = new(specification, now);
        foreach (HistoryLog<TCall, TResult> log in logs)
        {
            history.Add(log);
        }

        history.Sort();
        return history;
    }
}
