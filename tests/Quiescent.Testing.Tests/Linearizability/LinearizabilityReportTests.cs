using Recorder =
    Quiescent.Testing.HistoryRecorder<Quiescent.Testing.MapCall<int, long>, Quiescent.Testing.MapResult<long>>;

namespace Quiescent.Testing.Tests.Linearizability;

public sealed class LinearizabilityReportTests
{
    private readonly Recorder _recorder = new();
    private readonly MapSpecification<int, long> _specification = new();

    // Fault caught: the budget is not kept, or what was given up passes as linearizable.
    [Fact]
    public void A_history_with_too_many_orders_is_given_up()
    {
        Overlap(key: 1, writes: 12, read: 99);
        LinearizabilityReport report = _recorder.Check(_specification, budget: 10_000);
        Assert.Equal((LinearizabilityVerdict.GaveUp, 1), (report.Verdict, report.Key));
        Assert.Equal("Gave up: key 1: there are too many orders to try within the budget.", report.ToString());
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, _recorder.Check(_specification).Verdict);
    }

    // Fault caught: all orders of writes are tried that nobody sees.
    [Fact]
    public void A_history_with_many_orders_is_not_given_up_if_one_is_found()
    {
        for (int i = 0; i < 50; i++)
        {
            Overlap(key: 1, writes: 60, read: 59 - (i % 3));
        }

        Assert.Equal(LinearizabilityVerdict.Linearizable, _recorder.Check(_specification).Verdict);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_history_with_too_many_outcomes_is_given_up()
    {
        Overlap(key: 1, writes: 30, read: 99);
        LinearizabilityReport report = _recorder.Check(_specification);
        Assert.Equal("Gave up: key 1: too many different outcomes are possible at one time.", report.ToString());
    }

    [Theory]
    [InlineData(64, LinearizabilityVerdict.Linearizable)]
    [InlineData(65, LinearizabilityVerdict.GaveUp)]
    public void At_most_64_operations_on_a_key_overlap(int operations, LinearizabilityVerdict verdict)
    {
        for (int i = 0; i < operations; i++)
        {
            _recorder.RegisterThread().Invoke(new(MapMethod.TryGetValue, 1));
        }

        LinearizabilityReport report = _recorder.Check(_specification);
        Assert.Equal(verdict, report.Verdict);
        Assert.Equal(
            verdict == LinearizabilityVerdict.GaveUp,
            report.ToString() == "Gave up: key 1: more than 64 of its operations overlap at one time.");
    }

    [Fact]
    public void An_assert_throws_where_the_check_gave_up()
    {
        Overlap(key: 1, writes: 70, read: 0);
        Assert.Throws<RcuAssertException>(() => RcuAssert.Linearizable(_recorder, _specification));
    }

    // Fault caught: a hard key takes the budget of the others.
    [Fact]
    public void A_key_that_is_given_up_does_not_hide_another()
    {
        Overlap(key: 1, writes: 12, read: 99);
        var log = _recorder.RegisterThread();
        log.Invoke(new(MapMethod.TryGetValue, 2));
        log.Return(new(true, 5));
        LinearizabilityReport report = _recorder.Check(_specification, budget: 10_000);
        Assert.Equal((LinearizabilityVerdict.NotLinearizable, 2), (report.Verdict, report.Key));
    }

    // Fault caught: the first hard key takes what is left.
    [Fact]
    public void Hard_keys_share_the_budget()
    {
        Overlap(key: 1, writes: 30, read: 99);
        Overlap(key: 2, writes: 10, read: 99);
        LinearizabilityReport report = _recorder.Check(_specification, budget: 2_000_000);
        Assert.Equal((LinearizabilityVerdict.NotLinearizable, 2), (report.Verdict, report.Key));
    }

    // Fault caught: each key has the whole budget.
    [Fact]
    public void The_budget_is_that_of_all_keys()
    {
        const int Budget = 20_000;
        for (int key = 0; key < 10; key++)
        {
            Overlap(key, writes: 30, read: 99);
        }

        DelegatingSpecification<long?, MapCall<int, long>, MapResult<long>> counting = new(_specification);
        Assert.Equal(LinearizabilityVerdict.GaveUp, _recorder.Check(counting, Budget).Verdict);

        // A search looks at its budget before it takes a configuration further, not before each step.
        Assert.InRange(counting.Applied, Budget / 2, Budget * 3 / 2);
    }

    [Fact]
    public void Only_operations_that_matter_are_shown()
    {
        Recorded(MapMethod.Set, value: 1);
        var slow = _recorder.RegisterThread();
        var lost = _recorder.RegisterThread();
        slow.Invoke(new(MapMethod.ContainsKey, 3));
        lost.Invoke(new(MapMethod.TryUpdate, 3, 9, 8));
        Recorded(MapMethod.Set, value: 2);
        Recorded(MapMethod.TryGetValue, new(true, 2));
        Recorded(MapMethod.TryGetValue, new(true, 1));
        slow.Return(new(true));
        Assert.Equal(
            """
            Not linearizable: key 3.
            These operations have no order. The state before them: 2.

              thread 6  |-|  TryGetValue(key): true, 1
            """,
            _recorder.Check(_specification).ToString());
    }

    [Fact]
    public void An_operation_that_was_called_before_the_window_is_marked()
    {
        var early = _recorder.RegisterThread();
        early.Invoke(new(MapMethod.TryUpdate, 3, 9, 1));
        Recorded(MapMethod.Set, value: 1);
        Recorded(MapMethod.TryGetValue, new(true, 1));
        Recorded(MapMethod.TryGetValue, new(true, 7));
        Assert.Equal(
            """
            Not linearizable: key 3.
            These operations have no order. The state before them: 1.

              thread 1  <--->  TryUpdate(key, 9, 1)
              thread 4   |-|   TryGetValue(key): true, 7

            < called before   > returned later, or never
            """,
            _recorder.Check(_specification).ToString());
    }

    // Fault caught: the moments that the search remembers are taken for all that there were.
    [Fact]
    public void An_operation_that_was_called_long_ago_does_not_widen_the_window()
    {
        var slow = _recorder.RegisterThread();
        var log = _recorder.RegisterThread();
        slow.Invoke(new(MapMethod.TryUpdate, 3, 9, 8));
        for (int i = 0; i < 2_000; i++)
        {
            log.Invoke(new(MapMethod.Set, 3, 2));
            log.Return(default);
        }

        slow.Return(new(true));
        Assert.Equal(
            """
            Not linearizable: key 3.
            These operations have no order. The state before them: 2.

              thread 1  <|  TryUpdate(key, 9, 8): true

            < called before
            """,
            _recorder.Check(_specification).ToString());
    }

    // Fault caught: a line that no terminal shows whole.
    [Fact]
    public void No_line_is_longer_than_80_columns()
    {
        HistoryRecorder<MapCall<string, Wide>, MapResult<Wide>> recorder = new();
        string key = string.Join(' ', Enumerable.Repeat("a long key", 20)) + new string('x', 200);
        for (int i = 0; i < 12; i++)
        {
            recorder.RegisterThread().Invoke(new(MapMethod.Set, key, new Wide(i)));
        }

        var log = recorder.RegisterThread();
        log.Invoke(new(MapMethod.TryGetValue, key));
        log.Return(new(true, new Wide(99)));
        string report = recorder.Check(new MapSpecification<string, Wide>()).ToString();
        string[] lines = report.Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.DoesNotContain('\t', report);
        Assert.Contains(new string('x', 80), report, StringComparison.Ordinal);
        Assert.Equal(13, lines.Count(line => line.StartsWith("  thread", StringComparison.Ordinal)));
        Assert.Equal(13, lines.Count(line => line.Contains("'s value", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_too_much_to_read_is_counted()
    {
        for (int i = 0; i < 20; i++)
        {
            _recorder.RegisterThread().Invoke(new(MapMethod.TryUpdate, 3, i + 1, i));
        }

        _recorder.RegisterThread().Invoke(new(MapMethod.Set, 3, 0));
        Recorded(MapMethod.TryGetValue, new(true, 99));
        string report = _recorder.Check(_specification).ToString();
        Assert.Contains("6 more operations are not shown.", report, StringComparison.Ordinal);
        Assert.Contains("TryGetValue(key): true, 99", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_and_states_of_a_user_are_shown_as_they_show_themselves()
    {
        HistoryRecorder<QueueCall, char> queue = new();
        var log = queue.RegisterThread();
        log.Invoke(QueueCall.Enqueue('x'));
        log.Return(default);
        log.Invoke(QueueCall.Dequeue);
        log.Return('y');
        Assert.Equal(
            """
            Not linearizable: key 0.
            These operations have no order. The state before them: x.

              thread 1  |-|  Dequeue(): y
            """,
            queue.Check(new QueueSpecification()).ToString());
    }

    [Theory]
    [InlineData(RegisterMethod.Read, "Read(): 5")]
    [InlineData(RegisterMethod.Exchange, "Exchange(1): 5")]
    [InlineData(RegisterMethod.CompareExchange, "CompareExchange(1, 2): 5")]
    public void Operations_of_a_register_are_shown_as_one_writes_them(RegisterMethod method, string shown)
    {
        HistoryRecorder<RegisterCall<int>, int> register = new();
        var log = register.RegisterThread();
        log.Invoke(new(method, 1, 2));
        log.Return(5);
        Assert.EndsWith(
            shown, register.Check(new RegisterSpecification<int>()).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MapMethod.TryGetValue, true, "TryGetValue(key): true, 5")]
    [InlineData(MapMethod.TryRemove, true, "TryRemove(key): true, 5")]
    [InlineData(MapMethod.ContainsKey, true, "ContainsKey(key): true")]
    [InlineData(MapMethod.TryAdd, false, "TryAdd(key, 1): false")]
    [InlineData(MapMethod.TryUpdate, true, "TryUpdate(key, 1, 2): true")]
    [InlineData(MapMethod.TryRemoveItem, true, "TryRemoveItem(key, 2): true")]
    [InlineData(MapMethod.GetOrAdd, false, "GetOrAdd(key, 1): 5")]
    public void Operations_of_a_map_are_shown_as_one_writes_them(MapMethod method, bool success, string shown)
    {
        var log = _recorder.RegisterThread();
        log.Invoke(new(method, 3, 1, 2));
        log.Return(new(success, 5));
        Assert.EndsWith(shown, _recorder.Check(_specification).ToString(), StringComparison.Ordinal);
    }

    // Writes that all overlap; each order of each part of them is another outcome. A read follows them.
    private void Overlap(int key, int writes, long read)
    {
        HistoryLog<MapCall<int, long>, MapResult<long>>[] logs =
            [.. Enumerable.Range(0, writes).Select(_ => _recorder.RegisterThread())];
        for (int i = 0; i < writes; i++)
        {
            logs[i].Invoke(new(MapMethod.Set, key, i));
        }

        Array.ForEach(logs, log => log.Return(default));
        logs[0].Invoke(new(MapMethod.TryGetValue, key));
        logs[0].Return(new(true, read));
    }

    private void Recorded(MapMethod method, MapResult<long> result = default, long value = 0)
    {
        var log = _recorder.RegisterThread();
        log.Invoke(new(method, 3, value));
        log.Return(result);
    }

    private readonly record struct Wide(int Number)
    {
        public override string ToString() => $"{Number}'s value\tof {new string('v', 100)}";
    }
}
