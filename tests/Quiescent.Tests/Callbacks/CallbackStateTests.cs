using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

// What user code leaves on the reclaimer is not seen by the next, as on the thread pool.
public sealed class CallbackStateTests
{
    private static readonly AsyncLocal<string?> s_tenant = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_callback_does_not_see_what_an_earlier_one_left_on_the_thread(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        Seen fresh = default;
        Seen later = default;
        domain.Call(() => fresh = Seen.Here());
        domain.Call(Seen.ChangeAll);
        domain.Call(() => later = Seen.Here());
        domain.Barrier();
        Assert.Equal(fresh, later);
    }

    [Fact]
    public void A_callback_does_not_see_what_a_failed_one_or_the_handler_of_the_failure_left()
    {
        using RcuDomain domain = Domains.New();
        Seen fresh = default;
        Seen later = default;
        domain.CallbackFailed += (_, _) => s_tenant.Value = "of a handler";
        domain.Call(() => fresh = Seen.Here());
        domain.Call(() =>
        {
            Seen.ChangeAll();
            throw new InvalidTimeZoneException();
        });
        domain.Call(() => later = Seen.Here());
        domain.Barrier();
        Assert.Equal(fresh, later);
    }

    // Nobody but the reclaimer waits for this grace period, so it raises the event.
    [Fact]
    public void A_callback_does_not_see_what_an_event_handler_left()
    {
        using RcuDomain domain = new(new RcuDomainOptions { StallTimeout = TimeSpan.FromMilliseconds(10) });
        Seen fresh = default;
        Seen later = default;
        using ManualResetEventSlim handled = new();
        domain.Stalled += (_, _) =>
        {
            if (Inside.IsOnReclaimer)
            {
                Seen.ChangeAll();
                handled.Set();
            }
        };
        domain.Call(() => fresh = Seen.Here());
        domain.Barrier();
        using (ParkedReader reader = new(domain))
        {
            domain.Call(() => later = Seen.Here());
            Until.Set(handled);
        }

        domain.Barrier();
        Assert.Equal(fresh, later);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void A_user_deallocator_does_not_see_what_an_earlier_one_left(bool withHeads)
    {
        using RcuDomain domain = Domains.New();
        StatefulHeap.Log.Clear();
        for (int i = 0; i < 3; i++)
        {
            RcuHead* block = (RcuHead*)NativeMemory.Alloc((nuint)sizeof(RcuHead));
            if (withHeads)
            {
                domain.Free<StatefulHeap>(block, block);
            }
            else
            {
                domain.Free<StatefulHeap>(block);
            }
        }

        domain.Barrier();
        Assert.Equal(3, StatefulHeap.Log.Count);
        Assert.Single(StatefulHeap.Log.Distinct());
    }

    [Fact]
    public void A_resource_released_after_the_disposal_of_its_domain_does_not_see_what_an_earlier_one_left()
    {
        const int Count = 3;
        List<Seen> log = [];
        using CountdownEvent released = new(Count);
        RcuReference<IDisposable>[] references;
        using (RcuDomain domain = Domains.New())
        {
            references = [.. Enumerable.Range(0, Count).Select(_ => new RcuReference<IDisposable>(
                new Resource(() =>
                {
                    log.Add(Seen.Here());
                    Seen.ChangeAll();
                    released.Signal();
                }),
                domain))];
        }

        foreach (RcuReference<IDisposable> reference in references)
        {
            reference.Dispose();
        }

        Assert.True(released.Wait(Until.Bound, TestContext.Current.CancellationToken));
        Assert.Single(log.Distinct());
    }

    [Fact]
    public void A_stepped_domain_s_callbacks_start_alike_and_leave_nothing_on_the_stepping_thread()
    {
        using RcuDomain domain = Domains.New();
        Seen before = Seen.Here();
        Seen later = default;
        using (GracePeriodStepper stepper = new(domain))
        {
            domain.Call(Seen.ChangeAll);
            domain.Call(() => later = Seen.Here());
            stepper.AdvanceUntilIdle();
        }

        Assert.Equal(before, later);
        Assert.Equal(before, Seen.Here());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_asynchronous_wait_lets_go_of_the_caller_s_context_once_it_is_over(bool barrier)
    {
        using RcuDomain domain = Domains.New();
        WeakReference request = WaitInRequest(domain, barrier);
        Until.True(() =>
        {
            Garbage.Collect();
            return !request.IsAlive;
        });
    }

    [Fact]
    public void An_idle_reclaimer_keeps_nothing_that_its_last_callback_left()
    {
        using RcuDomain domain = Domains.New();
        WeakReference left = LeaveObject(domain);
        domain.Barrier();
        Until.True(() =>
        {
            Garbage.Collect();
            return !left.IsAlive;
        });
    }

    private static WeakReference LeaveObject(RcuDomain domain)
    {
        AsyncLocal<object?> local = new();
        object value = new();
        domain.Call((local, value), static pair => pair.local.Value = pair.value);
        return new WeakReference(value);
    }

    // The first wait of the domain, which makes all that the domain needs for such waits, the alarm included.
    private static WeakReference WaitInRequest(RcuDomain domain, bool barrier)
    {
        WeakReference? value = null;
        Worker.Run(() =>
        {
            AsyncLocal<object?> request = new() { Value = new object() };
            value = new WeakReference(request.Value);
            using ParkedReader reader = new(domain);
            QueueBlock(domain);
            Task wait = WaitAsync(domain, barrier);
            Assert.False(wait.IsCompleted);
            reader.Release();
            Until.True(() => wait.IsCompleted);
        });
        return value!;
    }

    private static unsafe void QueueBlock(RcuDomain domain) => domain.Free(Forms.NewBlock());

    private static async Task WaitAsync(RcuDomain domain, bool barrier)
    {
        if (barrier)
        {
            await domain.BarrierAsync(CancellationToken.None);
        }
        else
        {
            await domain.SynchronizeAsync(CancellationToken.None);
        }
    }

    private readonly record struct Seen(
        string? Tenant,
        string Culture,
        string UICulture,
        Activity? Activity,
        SynchronizationContext? Synchronization,
        ThreadPriority Priority,
        string? Name,
        bool IsBackground,
        bool IsFlowSuppressed)
    {
        public static Seen Here() => new(
            s_tenant.Value,
            CultureInfo.CurrentCulture.Name,
            CultureInfo.CurrentUICulture.Name,
            Activity.Current,
            SynchronizationContext.Current,
            Thread.CurrentThread.Priority,
            Thread.CurrentThread.Name,
            Thread.CurrentThread.IsBackground,
            ExecutionContext.IsFlowSuppressed());

        public static void ChangeAll()
        {
            s_tenant.Value = "A";
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            CultureInfo.CurrentUICulture = new CultureInfo("fr-FR");
            Activity.Current = new Activity("of a callback");
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            Thread.CurrentThread.Priority = ThreadPriority.Lowest;
            Thread.CurrentThread.Name = "of a callback";
            Thread.CurrentThread.IsBackground = !Thread.CurrentThread.IsBackground;
            ExecutionContext.SuppressFlow();
        }
    }

    private readonly struct StatefulHeap : INativeDeallocator
    {
        public static List<Seen> Log { get; } = [];

        public static unsafe void Free(void* block)
        {
            Log.Add(Seen.Here());
            Seen.ChangeAll();
            NativeMemory.Free(block);
        }
    }

    private sealed class Resource(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }
}
