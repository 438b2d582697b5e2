using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

// A thread that waits for an online reader sleeps, and has the reader wake it at its next quiescent state.
public sealed unsafe class OnlineWaitTests
{
    public enum End
    {
        QuiescentState,
        QuiescentStateOfAnother,
        GoOffline,
        Dispose,
    }

    // Fault caught: a reader that wakes nobody. The thread slept on for a millisecond, and where busy threads share the
    // cores, each grace period took as long.
    [Theory]
    [InlineData(End.QuiescentState, false, true)]
    [InlineData(End.QuiescentState, false, false)]
    [InlineData(End.QuiescentState, true, true)]
    [InlineData(End.QuiescentStateOfAnother, false, true)]
    [InlineData(End.GoOffline, false, true)]
    [InlineData(End.GoOffline, true, false)]
    [InlineData(End.Dispose, false, true)]
    public void An_online_reader_wakes_the_thread_that_waits_for_it(End end, bool validate, bool isBrief)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        using OnlineReader reader = new(domain);
        GracePeriodEngine engine = domain.Core.Engine;
        ulong target = engine.NextTarget();
        Assert.False(engine.TryAdvance(target));
        Assert.True(engine.WouldBeWoken);
        Asking asking = new(() =>
        {
            Assert.True(engine.MaySleep());
            Assert.True(reader.IsAsked);
            reader.Do(end);
            return true;
        });
        WaitLine.Waiter waiter = engine.Line.TryCreateWaiter(asking, mayBeBrief: true)!;
        Assert.True(waiter.Sleep(isBrief));
        Assert.False(reader.IsAsked);
        Assert.True(engine.TryAdvance(target));
    }

    [Fact]
    public void Nobody_sleeps_for_a_reader_that_is_out_of_the_way()
    {
        using RcuDomain domain = Domains.New();
        using OnlineReader reader = new(domain);
        GracePeriodEngine engine = domain.Core.Engine;
        Assert.False(engine.TryAdvance(engine.NextTarget()));
        reader.Do(End.QuiescentState);
        Assert.False(engine.MaySleep());
        WaitLine.Waiter waiter = engine.Line.TryCreateWaiter(new Asking(() => false))!;
        Assert.True(waiter.Sleep());
    }

    // Fault caught: sections that answer the question in the place of the quiescent state, or are no longer free.
    [Fact]
    public void The_sections_of_a_reader_that_is_asked_stay_free_and_leave_the_question()
    {
        ValidateForAll.SkipIfOn();
        using RcuDomain domain = Domains.New();
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        ReaderSlot* slot = Inside.Slot(domain);
        Assert.True(ReaderHandles.TryAsk(slot));
        ulong word = slot->Word;
        using (reader.ReadLock())
        {
            Assert.False(domain.IsReadLockHeld);
            using (domain.ReadLock())
            {
                Assert.Equal(word + 1, slot->Word);
            }
        }

        Assert.Equal(word, slot->Word);
        Assert.NotEqual(0UL, slot->ReaderWord & ReaderFlags.Awaited);
        reader.QuiescentState();
        Assert.Equal(0UL, slot->ReaderWord & ReaderFlags.Awaited);
        reader.GoOffline();
    }

    [Fact]
    public void A_reader_that_is_asked_opens_nothing_in_a_closed_domain()
    {
        RcuDomain domain = Domains.New();
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        Assert.True(ReaderHandles.TryAsk(Inside.Slot(domain)));
        Worker.Run(domain.Dispose);
        bool isRefused = false;
        try
        {
            reader.ReadLock().Dispose();
        }
        catch (ObjectDisposedException)
        {
            isRefused = true;
        }

        Assert.True(isRefused);
        reader.GoOffline();
    }

    // Fault caught: a question to a thread that is not online stays in its slot, and each of its sections takes the
    // slow path.
    [Fact]
    public void Only_online_readers_are_asked()
    {
        using RcuDomain domain = Domains.New();
        using RcuReader reader = domain.RegisterReader();
        ReaderSlot* slot = Inside.Slot(domain);
        using (reader.ReadLock())
        {
            GracePeriodEngine engine = domain.Core.Engine;
            Assert.False(engine.TryAdvance(engine.NextTarget()));
            Assert.False(engine.WouldBeWoken);
            Assert.True(engine.MaySleep());
            Assert.False(ReaderHandles.TryAsk(slot));
            Assert.Equal(0UL, slot->ReaderWord & ReaderFlags.Awaited);
        }
    }

    // Fault caught: the bit of a request stays behind in the slot of a thread that is not online any more.
    [Fact]
    public void A_reader_that_is_closed_with_all_others_is_not_asked_any_more()
    {
        using RcuDomain domain = Domains.New();
        Worker.Run(() =>
        {
            RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            ReaderSlot* slot = Inside.Slot(domain);
            Assert.True(ReaderHandles.TryAsk(slot));
            ReaderHandles.CloseAll(slot);
            Assert.Equal(0UL, slot->ReaderWord & ReaderFlags.Awaited);
            using (domain.ReadLock())
            {
                Assert.True(domain.IsReadLockHeld);
            }
        });
    }

    // Fault caught: a request that is undone by a call of the same reader before its quiescent state.
    [Fact]
    public void Another_call_of_the_same_reader_leaves_the_request()
    {
        using RcuDomain domain = Domains.New();
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        ReaderSlot* slot = Inside.Slot(domain);
        Assert.True(ReaderHandles.TryAsk(slot));
        reader.GoOnline();
        Assert.NotEqual(0UL, slot->ReaderWord & ReaderFlags.Awaited);
        reader.GoOffline();
        Assert.Equal(0UL, slot->ReaderWord & ReaderFlags.Awaited);
    }

    // Fault caught: an exception out of a wait that a reader would have ended in a moment.
    [Fact]
    public void An_interrupt_stays_pending_during_a_brief_sleep()
    {
        if (Bell.TryCreate() is null)
        {
            Assert.Skip("The platform has no sleep that nothing interrupts.");
        }

        Worker.Run(() =>
        {
            WaitLine line = new();
            WaitLine.Waiter waiter = line.TryCreateWaiter(new Asking(() => true), mayBeBrief: true)!;
            Thread.CurrentThread.Interrupt();
            Assert.False(waiter.Sleep(isBrief: true));
            Assert.Throws<ThreadInterruptedException>(() => waiter.Sleep());
        });
    }

    // Fault caught: a bell whose ring comes before the wait, or after its end, is heard twice or not at all.
    [Fact]
    public void A_bell_is_heard_once()
    {
        if (Bell.TryCreate() is not { } bell)
        {
            Assert.Skip("The platform has none.");
            return;
        }

        Assert.False(bell.Wait());
        bell.Ring();
        bell.Ring();
        Assert.True(bell.Wait());
        Assert.False(bell.Wait());
        bool isHeard = false;
        using Worker waiting = Worker.Start(() =>
        {
            while (!bell.Wait())
            {
            }

            isHeard = true;
        });
        bell.Ring();
        waiting.Join();
        Assert.True(isHeard);
    }

    // Fault caught: each wait that sleeps leaves an event of the system's to the finalizer.
    [Fact]
    public void A_place_in_the_line_is_used_again()
    {
        WaitLine line = new();
        WaitLine.Waiter waiter = line.TryCreateWaiter(new Asking(() => true))!;
        line.Return(waiter);
        Assert.Same(waiter, line.TryCreateWaiter(new Asking(() => true)));
        Assert.NotSame(waiter, line.TryCreateWaiter(new Asking(() => true)));
    }

    private sealed class Asking(Func<bool> maySleep) : IWaitCondition
    {
        public bool IsDone() => false;

        public bool MaySleep() => maySleep();
    }

    // A thread that is online with two readers and follows orders.
    private sealed class OnlineReader : IDisposable
    {
        private readonly SemaphoreSlim _orders = new(0);
        private readonly SemaphoreSlim _done = new(0);
        private readonly Worker _worker;
        private ReaderSlot* _slot;
        private End? _order;

        public OnlineReader(RcuDomain domain)
        {
            _worker = Worker.Start(() => Follow(domain));
            Until.True(() => _done.Wait(0));
        }

        public bool IsAsked => (Volatile.Read(ref _slot->ReaderWord) & ReaderFlags.Awaited) != 0;

        public void Do(End order)
        {
            _order = order;
            _orders.Release();
            Until.True(() => _done.Wait(0));
        }

        public void Dispose()
        {
            _order = null;
            _orders.Release();
            _worker.Join();
            _orders.Dispose();
            _done.Dispose();
        }

        private void Follow(RcuDomain domain)
        {
            using RcuReader first = domain.RegisterReader();
            using RcuReader second = domain.RegisterReader();
            first.GoOnline();
            _slot = ReaderSlot.Untwinned(Inside.Slot(domain));
            bool goesOn = true;
            while (goesOn)
            {
                _done.Release();
                _orders.Wait();
                switch (_order)
                {
                    case End.QuiescentState:
                        first.QuiescentState();
                        break;
                    case End.QuiescentStateOfAnother:
                        second.QuiescentState();
                        break;
                    case End.GoOffline:
                        second.GoOffline();
                        break;
                    case End.Dispose:
                        first.Dispose();
                        second.Dispose();
                        break;
                    default:
                        goesOn = false;
                        break;
                }
            }

            if (_slot->Word != 0 && !SectionWord.IsQuiescent(_slot->Word))
            {
                first.GoOffline();
            }
        }
    }
}
