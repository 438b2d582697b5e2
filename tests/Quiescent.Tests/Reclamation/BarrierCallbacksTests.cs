using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// What makes a module unloadable: nobody waits for trivial callbacks, and somebody waits for all code.
public class BarrierCallbacksTests
{
    [Theory]
    [MemberData(nameof(Forms.Trivial), MemberType = typeof(Forms))]
    public void Trivial_frees_are_not_waited_for(Form form)
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        for (int i = 0; i < 1_000; i++)
        {
            Forms.Queue(domain, form);
        }

        Worker.Run(domain.BarrierCallbacks); // would wait for the reader for ever
        using (ReadGuard guard = domain.ReadLock())
        {
            domain.BarrierCallbacks(); // throws only when it would wait
        }

        Assert.Equal(1_000, Forms.Waiting(domain));
    }

    [Theory]
    [MemberData(nameof(Forms.Code), MemberType = typeof(Forms))]
    public void Everything_that_runs_code_is_waited_for(Form form)
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Forms.Queue(domain, Form.Headless);
        Worker.Run(() => Forms.Queue(domain, form));
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.Throws<InvalidOperationException>(domain.BarrierCallbacks);
        }

        using Worker waiter = Worker.Start(domain.BarrierCallbacks);
        Until.True(() => waiter.IsWaiting || waiter.HasEnded);
        Assert.False(waiter.HasEnded);
        Assert.Equal(2, Forms.Waiting(domain));
        reader.Release();
        waiter.Join();
        Assert.InRange(Forms.Waiting(domain), 0, 1);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_wait_for_code_returns_while_trivial_frees_keep_coming()
    {
        using RcuDomain domain = Domains.New();
        bool stop = false;
        Worker flood = Worker.Start(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                Forms.Queue(domain, Form.Headless);
                Forms.Queue(domain, Form.Head);
            }
        });
        int ran = 0;
        for (int i = 1; i <= 50; i++)
        {
            domain.Call(() => ran++);
            Worker.Run(domain.BarrierCallbacks);
            Assert.Equal(i, ran);
        }

        Volatile.Write(ref stop, true);
        flood.Join();
        RcuAssert.BooksBalance(domain);
    }
}
