namespace Quiescent.Testing;

/// <summary>Operations on one key that have no order after a moment at which the state was certain.</summary>
/// <param name="Before">The state at that moment.</param>
/// <param name="Operations">The operations, in the order of their calls.</param>
/// <param name="From">The moment.</param>
/// <param name="Until">The return that no order allows.</param>
/// <param name="Omitted">Operations that are left out because there are too many.</param>
internal sealed record Counterexample<TState, TCall, TResult>(
    TState Before, HistoryOperation<TCall, TResult>[] Operations, long From, long Until, int Omitted)
    where TCall : struct
    where TResult : struct;

// Finds a small window that shows why a history has no order. The search has left one configuration at some moments.
// From such a moment on, the operations that had not taken effect have no order, whatever came before. The latest such
// moment gives the shortest window, but often cuts an operation that belongs to the fault: of two winners only the
// second one's return is left. So the finder first looks for a window that none of its operations had begun before. It
// takes the shortest one if none has at most as many operations as can be read.
internal sealed class CounterexampleFinder<TKey, TState, TCall, TResult>
    where TKey : notnull
    where TCall : struct
    where TResult : struct
{
    /// <summary>Operations that a reader can follow.</summary>
    public const int MaxShown = 16;

    // What is searched again, once for each operation; and how long for each.
    private const int MaxShrunk = 128;
    private const long TrialBudget = 100_000;

    private readonly OrderSearch<TKey, TState, TCall, TResult> _search;
    private readonly OrderSearch<TKey, TState, TCall, TResult> _trial;
    private readonly HistoryOperation<TCall, TResult>[] _operations;
    private readonly int[] _calls;
    private readonly int[] _returns;
    private readonly long _until;

    /// <summary>Takes over a search that has found no order.</summary>
    public CounterexampleFinder(
        ISequentialSpecification<TKey, TState, TCall, TResult> specification,
        OrderSearch<TKey, TState, TCall, TResult> search,
        HistoryOperation<TCall, TResult>[] operations)
    {
        _search = search;
        _trial = new OrderSearch<TKey, TState, TCall, TResult>(specification);
        _operations = operations;
        _until = search.Events.StampOf(search.FailedEvent);
        _calls = new int[operations.Length];
        _returns = new int[operations.Length];
        _returns.AsSpan().Fill(int.MaxValue);
        for (int index = 0; index < search.Events.Count; index++)
        {
            int code = search.Events[index];
            (code >= 0 ? _calls : _returns)[code >= 0 ? code : ~code] = index;
        }
    }

    public Counterexample<TState, TCall, TResult> Find()
    {
        Checkpoint<TState> shortest = _search.Checkpoints.Latest(_search.FailedEvent)!.Value;
        return FindClosed(shortest) ?? Show(shortest, Window(shortest));
    }

    private Counterexample<TState, TCall, TResult>? FindClosed(Checkpoint<TState> start)
    {
        while (true)
        {
            List<int> window = Window(start);
            if (window.Count > MaxShrunk)
            {
                return null;
            }

            // An operation that never returned may have begun long before.
            int first = window.Where(operation => _operations[operation].Result.HasValue).Min(at => _calls[at]);
            if (first >= start.Event)
            {
                return window.Count <= MaxShown ? Show(start, window) : null;
            }

            if (_search.Checkpoints.Latest(first) is not { } earlier)
            {
                return null;
            }

            start = earlier;
        }
    }

    /// <summary>The operations that have no order after a checkpoint: those that were called before the return that
    /// failed, and had neither returned nor taken effect at the checkpoint. Without those that do not matter.</summary>
    private List<int> Window(Checkpoint<TState> start)
    {
        List<int> window = [];
        for (int operation = 0; operation < _operations.Length; operation++)
        {
            bool isOver = _returns[operation] < start.Event
                || (_calls[operation] < start.Event && _search.IsDone(start.Configuration, operation));
            if (!isOver && _calls[operation] < _search.FailedEvent)
            {
                window.Add(operation);
            }
        }

        window.Sort((x, y) => _calls[x].CompareTo(_calls[y]));
        return window.Count <= MaxShrunk ? Shrink(start, window) : window;
    }

    // Leaves out operations that change the state in no order, if the others have none without them.
    private List<int> Shrink(Checkpoint<TState> start, List<int> window)
    {
        if (!HasNoOrder(start, window))
        {
            return window;
        }

        List<int> candidates = [];
        for (int i = 0; i < window.Count; i++)
        {
            if (!_trial.HasChanged(i))
            {
                candidates.Add(window[i]);
            }
        }

        foreach (int candidate in candidates)
        {
            List<int> others = window.FindAll(operation => operation != candidate);
            window = HasNoOrder(start, others) ? others : window;
        }

        return window;
    }

    private bool HasNoOrder(Checkpoint<TState> start, List<int> window) =>
        _trial.Run(Operations(window), start.Configuration.State, TrialBudget, until: _until)
            == SearchOutcome.NoOrder;

    private Counterexample<TState, TCall, TResult> Show(Checkpoint<TState> start, List<int> window)
    {
        // If there are too many: the one that failed, and those that were called last.
        List<int> shown = [.. window
            .OrderByDescending(operation => _operations[operation].ReturnedAt == _until)
            .ThenByDescending(operation => _calls[operation])
            .Take(MaxShown)
            .OrderBy(operation => _calls[operation])];
        return new Counterexample<TState, TCall, TResult>(
            start.Configuration.State,
            Operations(shown),
            _search.Events.StampOf(start.Event),
            _until,
            window.Count - shown.Count);
    }

    private HistoryOperation<TCall, TResult>[] Operations(List<int> numbers) =>
        [.. numbers.Select(number => _operations[number])];
}
