using System.Globalization;
using System.Text;

namespace Quiescent.Testing;

/// <summary>Checks a history key by key.</summary>
internal sealed class HistoryCheck<TKey, TState, TCall, TResult>
    where TKey : notnull
    where TCall : struct
    where TResult : struct
{
    private const int Narrow = OrderSearch<TKey, TState, TCall, TResult>.Narrow;
    private const int Wide = OrderSearch<TKey, TState, TCall, TResult>.Wide;

    // For the first look at a key. One on which few operations overlap takes about three steps for each. The others get
    // equal shares of what is left: half for a narrow search, and if that proves nothing, the rest for a wide one.
    private const long StepsPerOperation = 100;

    private readonly ISequentialSpecification<TKey, TState, TCall, TResult> _specification;
    private readonly KeyedHistory<TKey, TState, TCall, TResult> _history;
    private readonly OrderSearch<TKey, TState, TCall, TResult> _search;
    private long _budget;

    public HistoryCheck(
        ISequentialSpecification<TKey, TState, TCall, TResult> specification,
        KeyedHistory<TKey, TState, TCall, TResult> history,
        long budget)
    {
        _specification = specification;
        _history = history;
        _budget = budget;
        _search = new OrderSearch<TKey, TState, TCall, TResult>(specification);
    }

    public LinearizabilityReport Run()
    {
        List<int> hard = [];
        for (int key = 0; key < _history.Keys; key++)
        {
            HistoryOperation<TCall, TResult>[] operations = _history.Read(key);
            switch (Search(key, operations, StepsPerOperation * operations.Length, Narrow))
            {
                case SearchOutcome.NoOrder:
                    return Describe(key, operations);
                case SearchOutcome.GaveUp:
                    hard.Add(key);
                    break;
            }
        }

        return RunHard(hard);
    }

    private LinearizabilityReport RunHard(List<int> hard)
    {
        LinearizabilityReport? givenUp = null;
        for (int i = 0; i < hard.Count; i++)
        {
            HistoryOperation<TCall, TResult>[] operations = _history.Read(hard[i]);
            switch (SearchHard(hard[i], operations, _budget / (hard.Count - i)))
            {
                case SearchOutcome.NoOrder:
                    return Describe(hard[i], operations);
                case SearchOutcome.GaveUp:
                    givenUp ??= Report(
                        LinearizabilityVerdict.GaveUp,
                        hard[i],
                        Wrapped($"Gave up: key {_history.KeyOf(hard[i])}: {_search.WhyGaveUp}."));
                    break;
            }
        }

        return givenUp ?? Report(
            LinearizabilityVerdict.Linearizable,
            null,
            Wrapped($"Linearizable: {_history.Operations:N0} operations on {_history.Keys:N0} keys."));
    }

    private SearchOutcome SearchHard(int key, HistoryOperation<TCall, TResult>[] operations, long steps)
    {
        long before = _budget;
        SearchOutcome outcome = Search(key, operations, steps / 2, Narrow);
        long left = steps - (before - _budget);
        return outcome == SearchOutcome.GaveUp ? Search(key, operations, left, Wide) : outcome;
    }

    private SearchOutcome Search(int key, HistoryOperation<TCall, TResult>[] operations, long steps, int width)
    {
        TState initial = _specification.GetInitialState(_history.KeyOf(key));
        SearchOutcome outcome = _search.Run(operations, initial, Math.Min(steps, _budget), width);
        _budget = Math.Max(0, _budget - _search.Steps);
        return outcome;
    }

    private LinearizabilityReport Describe(int key, HistoryOperation<TCall, TResult>[] operations)
    {
        Counterexample<TState, TCall, TResult> found =
            new CounterexampleFinder<TKey, TState, TCall, TResult>(_specification, _search, operations).Find();
        string before = _specification.DescribeState(found.Before);
        StringBuilder text = new();
        text.Append(Wrapped($"Not linearizable: key {_history.KeyOf(key)}."));
        text.Append(Wrapped($"These operations have no order. The state before them: {before}."));
        if (found.Omitted != 0)
        {
            text.Append(Wrapped($"{found.Omitted:N0} more operations are not shown."));
        }

        List<DiagramRow> rows = [.. found.Operations.Select(operation => new DiagramRow(
            operation.Thread,
            _specification.Describe(in operation.Call, operation.Result),
            operation.CalledAt,
            operation.ReturnedAt))];
        text.Append('\n').Append(TimeDiagram.Draw(rows, found.From, found.Until));
        return Report(LinearizabilityVerdict.NotLinearizable, key, text.ToString());
    }

    private LinearizabilityReport Report(LinearizabilityVerdict verdict, int? key, string text) => new(
        verdict,
        _history.Operations,
        _history.Keys,
        key is { } number ? _history.KeyOf(number) : null,
        text.TrimEnd('\n'));

    private static string Wrapped(FormattableString sentence)
    {
        StringBuilder text = new();
        TimeDiagram.AppendWrapped(text, sentence.ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
