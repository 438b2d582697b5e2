namespace Quiescent.Testing.Tests.Linearizability;

// Histories from the literature. Logs of one recorder are used in the order in which things happen.
public sealed class HandWrittenHistoryTests
{
    private readonly HistoryRecorder<RegisterCall<int>, int> _register = new();
    private readonly HistoryLog<RegisterCall<int>, int> _p;
    private readonly HistoryLog<RegisterCall<int>, int> _q;
    private readonly HistoryLog<RegisterCall<int>, int> _r;
    private readonly HistoryRecorder<QueueCall, char> _queue = new();
    private readonly HistoryLog<QueueCall, char> _a;
    private readonly HistoryLog<QueueCall, char> _b;
    private readonly HistoryLog<QueueCall, char> _c;

    public HandWrittenHistoryTests()
    {
        (_p, _q, _r) = (_register.RegisterThread(), _register.RegisterThread(), _register.RegisterThread());
        (_a, _b, _c) = (_queue.RegisterThread(), _queue.RegisterThread(), _queue.RegisterThread());
    }

    private LinearizabilityVerdict Register => _register.Check(new RegisterSpecification<int>()).Verdict;

    private LinearizabilityVerdict Queue => _queue.Check(new QueueSpecification()).Verdict;

    [Fact]
    public void Nothing_is_linearizable()
    {
        LinearizabilityReport report = _register.Check(new RegisterSpecification<int>());
        Assert.Equal(LinearizabilityVerdict.Linearizable, report.Verdict);
        Assert.Equal((0, 0), (report.OperationCount, report.KeyCount));
        Assert.Null(report.Key);
    }

    // Porcupine's first example. Fault caught: overlapping operations are ordered by their calls.
    [Fact]
    public void Reads_that_overlap_a_write_see_it_or_not()
    {
        _p.Invoke(new(RegisterMethod.Write, 100));
        _q.Invoke(new(RegisterMethod.Read));
        _r.Invoke(new(RegisterMethod.Read));
        _r.Return(0);
        _q.Return(100);
        _p.Return(default);
        Assert.Equal(LinearizabilityVerdict.Linearizable, Register);
    }

    // Porcupine's second example. Fault caught: the order of operations that do not overlap is not kept.
    [Fact]
    public void A_read_after_one_that_saw_a_write_sees_it_too()
    {
        _p.Invoke(new(RegisterMethod.Write, 200));
        _q.Invoke(new(RegisterMethod.Read));
        _q.Return(200);
        _r.Invoke(new(RegisterMethod.Read));
        _r.Return(0);
        _p.Return(default);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, Register);
    }

    // Herlihy and Wing 1990, figure 1, H1.
    [Fact]
    public void Items_that_were_enqueued_at_the_same_time_come_out_in_either_order()
    {
        _a.Invoke(QueueCall.Enqueue('x'));
        _b.Invoke(QueueCall.Enqueue('y'));
        _b.Return(default);
        _a.Return(default);
        _b.Invoke(QueueCall.Dequeue);
        _b.Return('x');
        _a.Invoke(QueueCall.Dequeue);
        _a.Return('y');
        _a.Invoke(QueueCall.Enqueue('z'));
        Assert.Equal(LinearizabilityVerdict.Linearizable, Queue);
    }

    // The same, H2.
    [Fact]
    public void Items_that_were_enqueued_one_after_the_other_come_out_in_that_order()
    {
        _a.Invoke(QueueCall.Enqueue('x'));
        _a.Return(default);
        _b.Invoke(QueueCall.Enqueue('y'));
        _a.Invoke(QueueCall.Dequeue);
        _b.Return(default);
        _a.Return('y');
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, Queue);
    }

    // The same, H3. Fault caught: operations that have not returned are left out.
    [Fact]
    public void An_item_can_come_out_before_its_enqueue_returns()
    {
        _a.Invoke(QueueCall.Enqueue('x'));
        _b.Invoke(QueueCall.Dequeue);
        _b.Return('x');
        Assert.Equal(LinearizabilityVerdict.Linearizable, Queue);
    }

    // The same, H4.
    [Fact]
    public void An_item_comes_out_once()
    {
        _a.Invoke(QueueCall.Enqueue('x'));
        _b.Invoke(QueueCall.Enqueue('y'));
        _a.Return(default);
        _b.Return(default);
        _a.Invoke(QueueCall.Dequeue);
        _c.Invoke(QueueCall.Dequeue);
        _a.Return('y');
        _c.Return('y');
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, Queue);
    }

    // Fault caught: an operation that has not returned takes effect twice, or comes and goes.
    [Fact]
    public void A_write_that_never_returns_takes_effect_at_most_once()
    {
        _p.Invoke(new(RegisterMethod.Write, 1));
        _q.Invoke(new(RegisterMethod.Read));
        _q.Return(0);
        _q.Invoke(new(RegisterMethod.Read));
        _q.Return(1);
        Assert.Equal(LinearizabilityVerdict.Linearizable, Register);
        _r.Invoke(new(RegisterMethod.Write, 2));
        _r.Return(default);
        _q.Invoke(new(RegisterMethod.Read));
        _q.Return(1);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, Register);
    }

    // Fault caught: an operation that has not returned is taken to have happened.
    [Fact]
    public void A_write_that_never_returns_need_not_take_effect()
    {
        _p.Invoke(new(RegisterMethod.Write, 1));
        for (int i = 0; i < 3; i++)
        {
            _q.Invoke(new(RegisterMethod.Read));
            _q.Return(0);
        }

        Assert.Equal(LinearizabilityVerdict.Linearizable, Register);
    }

    // A call that throws leaves its operation without a return. Fault caught: it ends with the thread's next one.
    [Fact]
    public void An_operation_that_threw_may_take_effect_later()
    {
        _p.Invoke(new(RegisterMethod.Write, 1));
        _p.Invoke(new(RegisterMethod.Read));
        _p.Return(0);
        _p.Invoke(new(RegisterMethod.Read));
        _p.Return(1);
        Assert.Equal(LinearizabilityVerdict.Linearizable, Register);
    }

    [Fact]
    public void An_operation_that_was_discarded_has_not_happened()
    {
        _p.Invoke(new(RegisterMethod.Write, 1));
        _p.Discard();
        _p.Invoke(new(RegisterMethod.Read));
        _p.Return(0);
        Assert.Equal(LinearizabilityVerdict.Linearizable, Register);
        Assert.Throws<InvalidOperationException>(_p.Discard);
        _p.Invoke(new(RegisterMethod.Read));
        _p.Return(1);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, Register);
    }

    // Fault caught: each order of operations that never returned is tried.
    [Fact]
    public void Many_writes_that_never_return_are_as_good_as_few()
    {
        for (int i = 1; i <= 40; i++)
        {
            _register.RegisterThread().Invoke(new(RegisterMethod.Write, i));
        }

        for (int i = 40; i > 20; i--)
        {
            _p.Invoke(new(RegisterMethod.Read));
            _p.Return(i);
        }

        Assert.Equal(LinearizabilityVerdict.Linearizable, Register);
        _p.Invoke(new(RegisterMethod.Read));
        _p.Return(40);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, Register);
    }

    [Theory]
    [InlineData(5, 7, LinearizabilityVerdict.Linearizable)]
    [InlineData(5, 5, LinearizabilityVerdict.NotLinearizable)]
    [InlineData(7, 7, LinearizabilityVerdict.NotLinearizable)]
    public void One_of_two_exchanges_with_the_same_comparand_succeeds(
        int first, int second, LinearizabilityVerdict verdict)
    {
        _p.Invoke(new(RegisterMethod.CompareExchange, 7, 5));
        _q.Invoke(new(RegisterMethod.CompareExchange, 9, 5));
        _p.Return(first);
        _q.Return(second);
        Assert.Equal(verdict, _register.Check(new RegisterSpecification<int>(5)).Verdict);
    }

    [Theory]
    [InlineData(0, 1, LinearizabilityVerdict.Linearizable)]
    [InlineData(2, 0, LinearizabilityVerdict.Linearizable)]
    [InlineData(0, 0, LinearizabilityVerdict.NotLinearizable)]
    [InlineData(2, 1, LinearizabilityVerdict.NotLinearizable)]
    public void Each_exchange_returns_what_the_one_before_it_stored(
        int first, int second, LinearizabilityVerdict verdict)
    {
        _p.Invoke(new(RegisterMethod.Exchange, 1));
        _q.Invoke(new(RegisterMethod.Exchange, 2));
        _p.Return(first);
        _q.Return(second);
        Assert.Equal(verdict, Register);
    }

    [Fact]
    public void A_return_without_a_call_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => _p.Return(1));
        _p.Invoke(new(RegisterMethod.Read));
        _p.Return(0);
        Assert.Throws<InvalidOperationException>(() => _p.Return(0));
    }

    [Fact]
    public void A_check_without_specification_or_budget_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => _register.Check<int, int>(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => _register.Check(new RegisterSpecification<int>(), 0));
        Assert.Throws<ArgumentNullException>(
            () => RcuAssert.Linearizable<int, int, RegisterCall<int>, int>(null!, new RegisterSpecification<int>()));
    }
}
