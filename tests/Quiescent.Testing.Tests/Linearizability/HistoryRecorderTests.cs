using Register = Quiescent.Testing.Tests.Linearizability.DelegatingSpecification<
    int, Quiescent.Testing.RegisterCall<int>, int>;

namespace Quiescent.Testing.Tests.Linearizability;

public sealed class HistoryRecorderTests
{
    private readonly HistoryRecorder<RegisterCall<int>, int> _recorder = new();
    private readonly HistoryLog<RegisterCall<int>, int> _writer;
    private readonly HistoryLog<RegisterCall<int>, int> _reader;

    public HistoryRecorderTests()
    {
        _writer = _recorder.RegisterThread();
        _reader = _recorder.RegisterThread();
    }

    // The check has gathered the writer's operations when it asks for the key of the reader's first one. What happens
    // then is after its moment. Fault caught: it sees a read of what it has missed.
    [Fact]
    public void A_check_sees_no_operation_without_those_that_it_depends_on()
    {
        _reader.Invoke(new(RegisterMethod.Read));
        _reader.Return(0);
        int asked = 0;
        Register specification = new(new RegisterSpecification<int>())
        {
            OnGetKey = _ =>
            {
                if (asked++ == 0)
                {
                    Write(5);
                    _reader.Invoke(new(RegisterMethod.Read));
                    _reader.Return(5);
                }
            },
        };
        Assert.Equal(1, RcuAssert.Linearizable(_recorder, specification).OperationCount);
        Assert.Equal(1, asked);
        Assert.Equal(3, RcuAssert.Linearizable(_recorder, specification).OperationCount);
    }

    // As above. Fault caught: an operation that returns while the check gathers counts as one that has returned.
    [Fact]
    public void A_check_takes_no_result_from_after_its_moment()
    {
        _reader.Invoke(new(RegisterMethod.Read));
        int asked = 0;
        Register specification = new(new RegisterSpecification<int>())
        {
            OnGetKey = _ =>
            {
                if (asked++ == 0)
                {
                    Write(5);
                    _reader.Return(5);
                }
            },
        };
        Assert.Equal(1, RcuAssert.Linearizable(_recorder, specification).OperationCount);
        Assert.Equal(2, RcuAssert.Linearizable(_recorder, specification).OperationCount);
    }

    // Fault caught: an operation at the end or the beginning of a chunk is lost.
    [Fact]
    public void Each_of_many_operations_is_recorded()
    {
        for (int i = 1; i <= 5_000; i++)
        {
            Write(i);
            if (i < 100 || i % 77 == 0)
            {
                Assert.Equal(i, _recorder.Check(new RegisterSpecification<int>()).OperationCount);
            }
        }
    }

    [Fact]
    public void Threads_are_numbered_in_the_order_in_which_they_register()
    {
        Assert.Equal((1, 2), (_writer.Number, _reader.Number));
    }

    // Fault caught: a specification that is wrong about itself makes a wrong structure pass.
    [Fact]
    public void A_specification_that_calls_a_write_read_only_is_refused()
    {
        Write(5);
        InvalidOperationException found = Assert.Throws<InvalidOperationException>(
            () => _recorder.Check(new Register(new RegisterSpecification<int>()) { SaysReadOnly = true }));
        Assert.Contains("read-only", found.Message, StringComparison.Ordinal);
    }

    private void Write(int value)
    {
        _writer.Invoke(new(RegisterMethod.Write, value));
        _writer.Return(default);
    }
}
