using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

public sealed unsafe class CallbackFailureTests : IDisposable
{
    private readonly CallLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_callback_that_throws_is_reported_and_all_others_run()
    {
        using RcuDomain domain = Domains.New(name: "failing");
        List<CallbackFailedEventArgs> reports = [];
        bool onReclaimer = false;
        domain.CallbackFailed += (sender, report) =>
        {
            Assert.Same(domain, sender);
            reports.Add(report);
            onReclaimer = Reclamation.Inside.IsOnReclaimer;
        };
        InvalidTimeZoneException thrown = new();
        for (int i = 0; i < 100; i++)
        {
            int number = i;
            domain.Call(() => _log.Add(number));
            domain.Call(() => throw thrown);
        }

        domain.Call(_log.NewHead(100), &CallLog.Throw);
        domain.Barrier();
        Assert.Equal(Enumerable.Range(0, 101).Select(i => (long)i), _log.Numbers);
        Assert.Equal(101, reports.Count);
        Assert.All(reports.Take(100), report => Assert.Same(thrown, report.Exception));
        Assert.Equal("100", Assert.IsType<InvalidTimeZoneException>(reports[100].Exception).Message);
        Assert.All(reports, report => Assert.Equal("failing", report.DomainName));
        Assert.True(onReclaimer);

        RcuStatistics books = RcuAssert.AllReclaimed(domain);
        Assert.Equal(101, books.CallbacksFailed);
        Assert.Equal(201, books.CallbacksInvoked);
    }

    [Fact]
    public void An_exception_of_a_handler_is_ignored_and_the_next_handler_is_called()
    {
        using RcuDomain domain = Domains.New();
        int called = 0;
        domain.CallbackFailed += (_, _) => throw new InvalidTimeZoneException();
        domain.CallbackFailed += (_, _) => called++;
        domain.Call(() => throw new InvalidTimeZoneException());
        domain.Call(() => _log.Add(1));
        domain.Barrier();
        Assert.Equal(1, called);
        Assert.Equal(1, _log.Count);
    }

    [Fact]
    public void A_disposable_that_throws_is_reported()
    {
        using RcuDomain domain = Domains.New();
        Exception? reported = null;
        domain.CallbackFailed += (_, report) => reported = report.Exception;
        domain.Dispose(new Throwing());
        domain.Barrier();
        Assert.IsType<InvalidTimeZoneException>(reported);
        Assert.Equal(1, domain.GetStatistics().CallbacksFailed);
    }

    [Fact]
    public void A_callback_that_interrupts_its_own_thread_disturbs_nothing()
    {
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < 20; i++)
        {
            int number = i;
            domain.Call(Thread.CurrentThread.Interrupt);
            domain.Call(() => Thread.CurrentThread.Interrupt());
            domain.Call(() => _log.Add(number));
            Catching(domain.Barrier);
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(20, _log.Count);
        Until.True(() => Reclamation.Inside.IsIdle(domain));
    }

    // The first callback interrupts this thread, not the reclaimer: the barrier may throw, and loses nothing.
    private static void Catching(Action barrier)
    {
        try
        {
            barrier();
            Thread.Sleep(0);
        }
        catch (ThreadInterruptedException)
        {
            barrier();
        }
    }

    private sealed class Throwing : IDisposable
    {
#pragma warning disable CA1065 // It is what the test is about.
        public void Dispose() => throw new InvalidTimeZoneException();
#pragma warning restore CA1065
    }
}
