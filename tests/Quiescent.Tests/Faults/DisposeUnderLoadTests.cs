using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// Two threads dispose of a domain at once, in the midst of every operation that a domain has. DisposeRaceTests look at
// each form alone; here all operations meet.
public sealed class DisposeUnderLoadTests
{
    private const int Rounds = 60;
    private const int Most = 2_000;

    // Faults caught: an operation that hangs, throws the wrong exception, or is half done; a disposal that a second one
    // cuts short; an awaited task that nobody completes.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_operation_succeeds_or_throws(bool validate)
    {
        for (int round = 0; round < Rounds; round++)
        {
            RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero, Validate = validate });
            Account account = new(domain);
            Task[] awaited = [Task.CompletedTask, Task.CompletedTask];
            using Barrier start = new(7);
            Worker[] workers =
            [
                Repeat(start, i => account.TryQueue((Form)(i % 12)) || Disposed()),
                Repeat(start, i => account.TryQueue((Form)((i * 5) % 12)) || Disposed()),
                Repeat(start, _ => Read(domain)),
                Repeat(start, _ =>
                {
                    domain.Synchronize();
                    domain.Barrier();
                    domain.BarrierCallbacks();
                    domain.CondSynchronize(domain.StartPoll());
                    return true;
                }),
                Repeat(start, _ =>
                {
                    awaited[0] = domain.SynchronizeAsync(CancellationToken.None).AsTask();
                    awaited[1] = domain.BarrierAsync(CancellationToken.None).AsTask();
                    return !RcuAssert.BooksConsistent(domain).Equals(null);
                }),
                Worker.Start(() => DisposeOnce(start, domain)),
            ];
            DisposeOnce(start, domain);
            Worker.JoinAll(workers);
            account.MustBeCleared();
            Assert.All(awaited, EndsOrIsTold);
            Assert.False(Inside.Waiters(domain).Any);
            Assert.False(Inside.ReclaimerThread(domain) is { IsAlive: true });
        }
    }

    private static Worker Repeat(Barrier start, Func<int, bool> operation) => Worker.Start(() =>
    {
        Assert.True(start.SignalAndWait(Until.Bound));
        try
        {
            for (int i = 0; i < Most && operation(i); i++)
            {
            }
        }
        catch (ObjectDisposedException)
        {
            // Sooner or later.
        }
    });

    private static bool Disposed() => throw new ObjectDisposedException("domain");

    private static bool Read(RcuDomain domain)
    {
        Worker.Run(() =>
        {
            using ReadGuard guard = domain.ReadLock();
        });
        using RcuReader reader = domain.RegisterReader();
        using ReadGuard section = reader.ReadLock();
        return true;
    }

    private static void DisposeOnce(Barrier start, RcuDomain domain)
    {
        Assert.True(start.SignalAndWait(Until.Bound));
        domain.Dispose();
    }

    private static void EndsOrIsTold(Task task)
    {
        try
        {
            Until.Done(task);
        }
        catch (ObjectDisposedException)
        {
            // As documented.
        }
    }
}
