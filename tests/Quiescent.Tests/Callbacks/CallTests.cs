using System.Buffers;
using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

public sealed unsafe class CallTests : IDisposable
{
    private readonly CallLog _log = new();

    public void Dispose() => _log.Dispose();

    [Theory]
    [MemberData(nameof(Domains.ReadSides), MemberType = typeof(Domains))]
    public void All_forms_of_call_run_once_after_the_reader_has_left(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        using ParkedReader reader = new(domain);
        domain.Call(_log.NewHead(1), &CallLog.Record);
        domain.Call(() => _log.Add(2));
        domain.Call(3, number => _log.Add(number));

        // The reclaimer runs passes meanwhile. A grace period that does not wait for the reader is caught here or
        // below.
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        Assert.Equal(0, _log.Count);
        Assert.Equal(3, domain.GetStatistics().CallbacksWaiting);

        reader.Release();
        Until.True(() => _log.Count == 3);
        Assert.Equal(3, RcuAssert.BooksBalance(domain).CallbacksInvoked);
        Assert.Equal([1, 2, 3], _log.Numbers);
        Assert.Equal(0, _log.Strays);
    }

    [Fact]
    public void Callbacks_that_wait_are_not_run_while_their_reader_is_parked_however_often_others_synchronise()
    {
        // Another reader leaves, and this one stays: catches a scan that forgets a slot behind its cursor.
        using RcuDomain domain = Domains.New();
        using ParkedReader first = new(domain);
        using ParkedReader second = new(domain);
        domain.Call(() => _log.Add(1));
        GracePeriodState state = domain.StartPoll();
        first.Release();
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        Assert.False(domain.Poll(state));
        Assert.Equal(0, _log.Count);
        second.Release();
        Until.True(() => _log.Count == 1);
    }

    [Fact]
    public void A_state_reaches_its_delegate_unchanged()
    {
        using RcuDomain domain = Domains.New();
        object? seen = null;
        object state = new();
        domain.Call((state, 42), pair => seen = pair.Item2 == 42 ? pair.state : null);
        domain.Barrier();
        Assert.Same(state, seen);
    }

    [Fact]
    public void A_disposable_is_disposed_of_after_the_reader_has_left_on_the_reclaimer()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        domain.Dispose(new Resource(_log));
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        Assert.Equal(0, _log.Count);
        reader.Release();
        domain.Barrier();
        Assert.Equal([7], _log.Numbers);
        Assert.Equal(0, _log.Strays);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_array_is_returned_to_its_pool_after_the_reader_has_left_on_the_reclaimer(bool clear)
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        RecordingPool pool = new(_log);
        byte[] array = new byte[16];
        domain.Return(pool, array, clear);
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        Assert.Equal(0, _log.Count);
        reader.Release();
        domain.Barrier();
        Assert.Same(array, pool.Returned);
        Assert.Equal(clear, pool.Cleared);
        Assert.Equal([9], _log.Numbers);
        Assert.Equal(0, _log.Strays);
    }

    [Fact]
    public void The_default_domain_takes_all_forms()
    {
        RcuStatistics before = Rcu.GetStatistics();
        Rcu.Call(_log.NewHead(1), &CallLog.Record);
        Rcu.Call(() => _log.Add(2));
        Rcu.Call(3, number => _log.Add(number));
        Rcu.Dispose(new Resource(_log));
        Rcu.Return(new RecordingPool(_log), new byte[1]);
        Rcu.BarrierCallbacks();
        Assert.Equal([1, 2, 3, 7, 9], _log.Numbers);
        Assert.Equal(before.CallbacksInvoked + 5, Rcu.GetStatistics().CallbacksInvoked);
    }

    [Fact]
    public void A_null_argument_throws_and_queues_nothing()
    {
        using RcuDomain domain = Domains.New();
        RcuHead* head = (RcuHead*)Forms.NewBlock();
        Assert.Throws<ArgumentNullException>("head", () => domain.Call(null, &CallLog.Record));
        Assert.Throws<ArgumentNullException>("callback", () => domain.Call((RcuHead*)head, null));
        Assert.Throws<ArgumentNullException>("callback", () => domain.Call((Action)null!));
        Assert.Throws<ArgumentNullException>("callback", () => domain.Call(1, (Action<int>)null!));
        Assert.Throws<ArgumentNullException>("resource", () => domain.Dispose(null!));
        Assert.Throws<ArgumentNullException>("pool", () => domain.Return(null!, new byte[1]));
        Assert.Throws<ArgumentNullException>("array", () => domain.Return(ArrayPool<byte>.Shared, null!));
        Assert.Throws<ArgumentNullException>("head", () => Rcu.Call(null, &CallLog.Record));
        Assert.Throws<ArgumentNullException>("callback", () => Rcu.Call((RcuHead*)head, null));
        NativeMemory.Free(head);
        Assert.Equal(0, Forms.Queued(domain));
        Assert.Null(Inside.ReclaimerThread(domain));
    }

    [Fact]
    public void The_library_lets_go_of_a_delegate_once_it_has_run()
    {
        using RcuDomain domain = Domains.New();
        WeakReference state = QueueState(domain);
        domain.Barrier();
        Until.True(() => Inside.IsIdle(domain));
        Until.True(() =>
        {
            GC.Collect();
            return !state.IsAlive;
        });
    }

    private static WeakReference QueueState(RcuDomain domain)
    {
        object state = new();
        domain.Call(state, static _ => { });
        return new WeakReference(state);
    }

    private sealed class Resource(CallLog log) : IDisposable
    {
        public void Dispose() => log.Add(7);
    }

    private sealed class RecordingPool(CallLog log) : ArrayPool<byte>
    {
        public byte[]? Returned { get; private set; }

        public bool Cleared { get; private set; }

        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false)
        {
            Returned = array;
            Cleared = clearArray;
            log.Add(9);
        }
    }
}
