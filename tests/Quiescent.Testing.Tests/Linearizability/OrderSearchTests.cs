using Operation =
    Quiescent.Testing.HistoryOperation<Quiescent.Testing.MapCall<int, int>, Quiescent.Testing.MapResult<int>>;
using Search =
    Quiescent.Testing.OrderSearch<int, int?, Quiescent.Testing.MapCall<int, int>, Quiescent.Testing.MapResult<int>>;
using Window =
    Quiescent.Testing.Counterexample<int?, Quiescent.Testing.MapCall<int, int>, Quiescent.Testing.MapResult<int>>;

namespace Quiescent.Testing.Tests.Linearizability;

// The search beside one that tries all orders.
public sealed class OrderSearchTests
{
    private const int Histories = 10_000;
    private const long Budget = 1_000_000;

    private readonly MapSpecification<int, int> _map = new();
    private readonly Search _search;
    private readonly Search _unhinted;

    public OrderSearchTests()
    {
        _search = new Search(_map);
        _unhinted = new Search(new DelegatingSpecification<int?, MapCall<int, int>, MapResult<int>>(_map));
    }

    // Fault caught: an order is missed or made up; a reused search remembers something; an operation counts as
    // read-only because it changes nothing where it is tried.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    public void The_search_finds_an_order_where_trying_all_finds_one(int threads)
    {
        Random random = new(threads);
        int ordered = 0;
        for (int i = 0; i < Histories; i++)
        {
            Operation[] history = Any(random, 1 + random.Next(6), threads);
            bool hasOrder = BruteForce.HasOrder(history, null);
            SearchOutcome right = hasOrder ? SearchOutcome.Ordered : SearchOutcome.NoOrder;
            Assert.Equal(right, _search.Run(history, null, Budget));
            Assert.Equal(right, _unhinted.Run(history, null, Budget));
            ordered += hasOrder ? 1 : 0;
        }

        Assert.InRange(ordered, Histories / 10, Histories * 9 / 10);
    }

    // Fault caught: a search that has dropped something says that there is no order.
    [Fact]
    public void A_narrow_search_is_right_or_gives_up()
    {
        Random random = new(1);
        Dictionary<SearchOutcome, int> outcomes = [];
        for (int i = 0; i < Histories; i++)
        {
            Operation[] history = Any(random, 12, threads: 5);
            SearchOutcome right = _search.Run(history, null, Budget);
            SearchOutcome narrow = _search.Run(history, null, Budget, width: 1);
            Assert.True(narrow == right || narrow == SearchOutcome.GaveUp, $"{narrow} in place of {right}");
            outcomes[narrow] = outcomes.GetValueOrDefault(narrow) + 1;
        }

        Assert.Equal(3, outcomes.Count);
        Assert.All(outcomes.Values, times => Assert.True(times > 100));
    }

    // Fault caught: operations are left out that explain the others, or the state before them is not the one that was.
    [Theory]
    [InlineData(2, 6)]
    [InlineData(3, 9)]
    [InlineData(4, 12)]
    public void The_operations_of_a_counterexample_have_no_order(int threads, int operations)
    {
        Random random = new(threads);
        int found = 0;
        int closed = 0;
        for (int i = 0; i < Histories; i++)
        {
            Operation[] history = Any(random, operations, threads);
            if (_search.Run(history, null, Budget) == SearchOutcome.Ordered)
            {
                continue;
            }

            Window window =
                new CounterexampleFinder<int, int?, MapCall<int, int>, MapResult<int>>(_map, _search, history).Find();
            Assert.False(BruteForce.HasOrder(window.Operations, window.Before, window.Until));
            Assert.Equal(0, window.Omitted);
            found++;
            closed += window.Operations.All(operation => operation.CalledAt >= window.From) ? 1 : 0;
        }

        Assert.InRange(found, Histories / 10, Histories);
        Assert.InRange(closed, found / 2, found);
    }

    // Fault caught: the window grows with the history before it.
    [Fact]
    public void A_counterexample_is_as_small_after_a_long_history()
    {
        Operation[] history = RandomHistory.Legal(new Random(1), 2_000, threads: 3, allReturn: true);
        Assert.Equal(SearchOutcome.Ordered, _search.Run(history, null, Budget));
        long now = history.Max(operation => operation.ReturnedAt);
        history =
        [
            .. history,
            After(now, MapMethod.Set, 5, default, 1, 2),
            After(now, MapMethod.TryRemove, 0, new(true, 5), 3, 4),
            After(now, MapMethod.TryAdd, 6, new(true), 5, 7),
            After(now, MapMethod.TryAdd, 7, new(true), 6, 8),
        ];
        Assert.Equal(SearchOutcome.NoOrder, _search.Run(history, null, Budget));
        Window window =
            new CounterexampleFinder<int, int?, MapCall<int, int>, MapResult<int>>(_map, _search, history).Find();
        Assert.Null(window.Before);
        Assert.Equal([6, 7], window.Operations.Select(operation => operation.Call.Value));
    }

    private static Operation After(
        long now, MapMethod method, int value, MapResult<int> result, int calledAt, int returnedAt) => new()
        {
            Call = new(method, 0, value),
            Result = result,
            CalledAt = now + calledAt,
            ReturnedAt = now + returnedAt,
        };

    private static Operation[] Any(Random random, int operations, int threads)
    {
        Operation[] legal = RandomHistory.Legal(random, operations, threads);
        return random.Next(3) == 0 ? legal : RandomHistory.WithWrongResult(random, legal);
    }
}
