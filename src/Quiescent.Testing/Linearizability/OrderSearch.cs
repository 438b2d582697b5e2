using System.Numerics;

namespace Quiescent.Testing;

/// <summary>How a search ended.</summary>
internal enum SearchOutcome
{
    /// <summary>The operations have a legal order.</summary>
    Ordered,

    /// <summary>They have none.</summary>
    NoOrder,

    /// <summary>The search took too long or too much memory, or was too narrow to tell.</summary>
    GaveUp,
}

// Searches a legal order of the operations on one key: each takes effect once between its call and its return, one that
// has not returned at most once after its call, and the specification allows each result.
//
// The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe
// ("Testing for linearizability", 2017) and porcupine: it visits no pair of a state and a set of operations done twice.
// It goes through the events in the order of time and keeps all configurations that explain the events so far (Lowe's
// just-in-time linearization): the state, and which of the operations that overlap now have taken effect. So its memory
// does not grow with the history. Where no operation is pending, the configurations are the possible states alone: the
// history is cut there by itself.
//
// Complete: take a legal order, and cut it behind the last of the operations that have returned so far. Each operation
// before the cut was called by now, since an operation that is called after a return comes after it in the order. The
// pair of the state at the cut and the pending operations before it is what `TryLinearize` reaches at that return from
// the pair at the return before.
// Sound: each step applies one operation that is pending, so that each configuration is reached by such an order.
//
// Four things keep the configurations few. They leave the answer as it is:
// 1. An operation takes effect only when a return needs it, so that most never meet another.
// 2. A read-only operation (a look-up, an update that failed) is done as soon as it is legal (`Settle`). In any order
//    that has it later it can be moved to here: it is legal, and nothing sees it, here or there. That the state stays
//    the same here is not enough: a write of the value that is there already may be needed later.
// 3. An operation that never returned, and would leave the state as it is, is not done at all. It need not be.
// 4. Of two configurations that differ in one such operation alone, the one without it is enough (`Reach`). What
//    follows the other can follow it too.
//
// Writes that overlap and that nobody has read yet can be hidden behind one another in exponentially many ways. Nearly
// always a few of these are enough. So a narrow search keeps a few configurations at each return, those that took the
// fewest steps, and drops the others. An order that it finds is one. If it has dropped any and finds none, that proves
// nothing, and a wide search must follow.
internal sealed class OrderSearch<TKey, TState, TCall, TResult>
    where TKey : notnull
    where TCall : struct
    where TResult : struct
{
    /// <summary>Operations that overlap at one time, at most: bits of a configuration.</summary>
    public const int MaxOverlap = 64;

    /// <summary>Configurations that are kept at one time, at most; some hundred bytes each.</summary>
    public const int MaxConfigurations = 1 << 20;

    /// <summary>The width of a search that keeps all configurations.</summary>
    public const int Wide = MaxConfigurations;

    /// <summary>The width of one that finds nearly every order, and soon.</summary>
    public const int Narrow = 64;

    private const string TooManyOrders = "there are too many orders to try within the budget";

    // A narrow search looks for more ways to a return for so long, as a multiple of its width.
    private const int LookAround = 4;

    private readonly ISequentialSpecification<TKey, TState, TCall, TResult> _specification;
    private readonly int[] _operationIn = new int[MaxOverlap];
    private readonly ConfigurationSet<TState> _reached = new();
    private ConfigurationSet<TState> _current = new();
    private ConfigurationSet<TState> _next = new();
    private HistoryOperation<TCall, TResult>[] _operations = [];
    private int[] _slotOf = [];
    private bool[] _changed = [];
    private ulong _pending;
    private ulong _hasResult;
    private ulong _readOnly;
    private long _budget;
    private int _width;
    private bool _hasDropped;

    public OrderSearch(ISequentialSpecification<TKey, TState, TCall, TResult> specification) =>
        _specification = specification;

    public HistoryEvents Events { get; } = new();

    /// <summary>The latest moments at which one configuration was left.</summary>
    public CheckpointRing<TState> Checkpoints { get; } = new();

    /// <summary>How often the search has asked the specification.</summary>
    public long Steps { get; private set; }

    /// <summary>After <see cref="SearchOutcome.NoOrder"/>: the return that no order allows.</summary>
    public int FailedEvent { get; private set; }

    /// <summary>After <see cref="SearchOutcome.GaveUp"/>: a clause that says why.</summary>
    public string WhyGaveUp { get; private set; } = "";

    /// <summary>Searches an order of the events up to a moment.</summary>
    public SearchOutcome Run(
        HistoryOperation<TCall, TResult>[] operations,
        TState initial,
        long budget,
        int width = Wide,
        long until = long.MaxValue)
    {
        (_budget, _width, _hasDropped, Steps) = (budget, width, false, 0);
        Begin(operations, initial, until);
        for (int index = 0; index < Events.Count; index++)
        {
            int code = Events[index];
            bool goesOn = code >= 0 ? TryCall(code) : TryReturn(~code);
            if (!goesOn)
            {
                return SearchOutcome.GaveUp;
            }

            if (_current.Count == 0)
            {
                FailedEvent = index;
                WhyGaveUp = TooManyOrders;
                return _hasDropped ? SearchOutcome.GaveUp : SearchOutcome.NoOrder;
            }

            if (_current.Count == 1)
            {
                Checkpoints.Add(new Checkpoint<TState>(index + 1, _current[0]));
            }
        }

        return SearchOutcome.Ordered;
    }

    /// <summary>Whether an operation that is pending in a configuration has taken effect there.</summary>
    public bool IsDone(Configuration<TState> configuration, int operation) =>
        (configuration.Done & (1UL << _slotOf[operation])) != 0;

    /// <summary>Whether an operation changed the state anywhere in the search.</summary>
    public bool HasChanged(int operation) => _changed[operation];

    private void Begin(HistoryOperation<TCall, TResult>[] operations, TState initial, long until)
    {
        _operations = operations;
        if (_slotOf.Length < operations.Length)
        {
            _slotOf = new int[operations.Length];
            _changed = new bool[operations.Length];
        }

        _changed.AsSpan(0, operations.Length).Clear();
        (_pending, _hasResult, _readOnly) = (0, 0, 0);
        Events.Fill<TCall, TResult>(operations, until);
        _current.Clear();
        _current.Add(new Configuration<TState>(initial, 0));
        Checkpoints.Clear();
        Checkpoints.Add(new Checkpoint<TState>(0, _current[0]));
    }

    private bool TryCall(int operation)
    {
        if (~_pending == 0)
        {
            WhyGaveUp = $"more than {MaxOverlap} of its operations overlap at one time";
            return false;
        }

        int slot = BitOperations.TrailingZeroCount(~_pending);
        ulong bit = 1UL << slot;
        _slotOf[operation] = slot;
        _operationIn[slot] = operation;
        _pending |= bit;
        if (_operations[operation].Result is { } result)
        {
            _hasResult |= bit;
            SettleIfReadOnly(operation, result, bit);
        }

        return IsWithinBudget();
    }

    private void SettleIfReadOnly(int operation, TResult result, ulong bit)
    {
        if (_specification.IsReadOnly(in _operations[operation].Call, result))
        {
            _readOnly |= bit;
            for (int i = 0; i < _current.Count; i++)
            {
                Configuration<TState> configuration = _current[i];
                _current[i] = configuration with { Done = Settle(configuration.State, configuration.Done, bit) };
            }
        }
    }

    private bool TryReturn(int operation)
    {
        ulong bit = 1UL << _slotOf[operation];
        if (!AllHave(bit) && !TryLinearize(bit))
        {
            return false;
        }

        // All have the bit, so that they stay different without it.
        for (int i = 0; i < _current.Count; i++)
        {
            Configuration<TState> configuration = _current[i];
            _current[i] = configuration with { Done = configuration.Done & ~bit };
        }

        _pending &= ~bit;
        _hasResult &= ~bit;
        _readOnly &= ~bit;
        return true;
    }

    private bool AllHave(ulong bit)
    {
        for (int i = 0; i < _current.Count; i++)
        {
            if ((_current[i].Done & bit) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Replaces the configurations by those that can be reached from them and in which the operation in this
    /// slot is done: on the shortest ways, on which it, or a change that settles it, is the last step.</summary>
    private bool TryLinearize(ulong bit)
    {
        _next.Clear();
        _reached.Clear();
        for (int i = 0; i < _current.Count; i++)
        {
            Reach(_current[i], bit);
        }

        for (int i = 0; i < _reached.Count; i++)
        {
            if (!IsWithinBudget())
            {
                return false;
            }

            if (_next.Count >= _width || (_next.Count > 0 && i >= LookAround * _width))
            {
                _hasDropped = true;
                break;
            }

            Configuration<TState> from = _reached[i];
            for (ulong rest = _pending & ~_readOnly & ~from.Done; rest != 0; rest &= rest - 1)
            {
                ReachBy(BitOperations.TrailingZeroCount(rest), from, bit);
            }
        }

        (_current, _next) = (_next, _current);
        return true;
    }

    // Applies one more operation. A read-only one that is not done yet is not legal.
    private void ReachBy(int slot, Configuration<TState> from, ulong bit)
    {
        TState state = from.State;
        if (!TryApply(slot, ref state))
        {
            return;
        }

        ulong applied = 1UL << slot;
        bool isChanged = !AreEqual(state, from.State);
        _changed[_operationIn[slot]] |= isChanged;
        if (isChanged || (_hasResult & applied) != 0)
        {
            ulong done = from.Done | applied;
            Reach(new Configuration<TState>(state, isChanged ? Settle(state, done, _readOnly) : done), bit);
        }
    }

    private void Reach(Configuration<TState> configuration, ulong bit)
    {
        ConfigurationSet<TState> set = (configuration.Done & bit) != 0 ? _next : _reached;
        for (ulong rest = configuration.Done & ~_hasResult; rest != 0; rest &= rest - 1)
        {
            if (set.Contains(configuration with { Done = configuration.Done & ~(rest & (~rest + 1)) }))
            {
                return;
            }
        }

        set.Add(configuration);
    }

    /// <summary>Adds those of these read-only operations that are legal in the state to the ones done.</summary>
    private ulong Settle(TState state, ulong done, ulong readOnly)
    {
        for (ulong rest = readOnly & ~done; rest != 0; rest &= rest - 1)
        {
            int slot = BitOperations.TrailingZeroCount(rest);
            TState after = state;
            if (TryApply(slot, ref after))
            {
                RequireReadOnly(state, after, slot);
                done |= 1UL << slot;
            }
        }

        return done;
    }

    private bool TryApply(int slot, ref TState state)
    {
        Steps++;
        ref HistoryOperation<TCall, TResult> operation = ref _operations[_operationIn[slot]];
        return _specification.TryApply(ref state, in operation.Call, operation.Result);
    }

    private void RequireReadOnly(TState before, TState after, int slot)
    {
        if (!AreEqual(before, after))
        {
            HistoryOperation<TCall, TResult> operation = _operations[_operationIn[slot]];
            string shown = _specification.Describe(in operation.Call, operation.Result);
            throw new InvalidOperationException($"The specification says that '{shown}' is read-only, and changes.");
        }
    }

    private bool IsWithinBudget()
    {
        if (Steps <= _budget && _reached.Count + _next.Count <= MaxConfigurations)
        {
            return true;
        }

        WhyGaveUp = Steps > _budget
            ? TooManyOrders
            : "too many different outcomes are possible at one time";
        return false;
    }

    private static bool AreEqual(TState x, TState y) => EqualityComparer<TState>.Default.Equals(x, y);
}
