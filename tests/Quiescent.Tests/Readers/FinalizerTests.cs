using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// A program's finalizers may use a domain that became unreachable together with their object: the memory behind the
// domain has to outlast them. Otherwise the process crashes here, or hangs.
public class FinalizerTests
{
    [Fact]
    public void A_finalizer_may_dispose_of_its_domain() => Finalize(static domain => domain.Dispose());

    [Fact]
    public void A_finalizer_may_read_the_statistics_of_its_domain() =>
        Finalize(static domain => _ = domain.GetStatistics());

    [Fact]
    public void A_finalizer_may_read_in_its_domain_and_wait_for_it() => Finalize(static domain =>
    {
        domain.ReadLock().Dispose();
        domain.Synchronize();
    });

    /// <summary>Catches a sweep that asks a finalized Thread object whether its thread lives: that throws.</summary>
    [Fact]
    public void A_finalizer_may_read_in_a_domain_that_ended_threads_have_used() => Finalize(
        static domain => domain.ReadLock().Dispose(),
        static domain => Worker.Run(() => domain.ReadLock().Dispose()));

    /// <summary>Catches a table that is freed under the reclaimer which a finalizer has started.</summary>
    [Fact]
    public void A_finalizer_may_ask_for_a_grace_period() => Finalize(static domain => domain.StartPoll());

    private static void Finalize(Action<RcuDomain> use, Action<RcuDomain>? before = null)
    {
        const int Objects = 50;
        Counter counter = new();
        Create(domain => before?.Invoke(domain), use, counter, Objects);
        Until.True(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Volatile.Read(ref counter.Finalized) == Objects;
        });
        Assert.Null(counter.Failure);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Create(Action<RcuDomain> before, Action<RcuDomain> use, Counter counter, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = new Cache(before, use, counter);
        }
    }

    private sealed class Counter
    {
        public int Finalized;
        public Exception? Failure;
    }

    private sealed class Cache
    {
        private readonly RcuDomain _domain = Domains.New();
        private readonly Action<RcuDomain> _use;
        private readonly Counter _counter;

        public Cache(Action<RcuDomain> before, Action<RcuDomain> use, Counter counter)
        {
            _use = use;
            _counter = counter;
            before(_domain);

            // No reclaimer is started, which would keep the domain alive.
            _domain.Synchronize();
        }

        ~Cache()
        {
            _counter.Failure ??= Record.Exception(() => _use(_domain));
            Interlocked.Increment(ref _counter.Finalized);
        }
    }
}
