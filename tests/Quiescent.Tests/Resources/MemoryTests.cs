using System.Buffers;
using System.Runtime.CompilerServices;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// Native memory as Memory<T>: a pin keeps it too, and a reader's span ends with its section.
public sealed unsafe class MemoryTests
{
    public static TheoryData<DomainKind> Domains => Kinds.Domains;

    [Theory]
    [MemberData(nameof(Domains))]
    public void Memory_of_its_own_is_zeroed_and_has_the_length_asked_for(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        foreach (int length in new[] { 1, 7, 4_096, 100_000 })
        {
            // Used memory first: the heap is likely to give it out again.
            using (RcuMemoryManager<long> used = new(length, domain))
            {
                used.GetSpan().Fill(-1);
            }

            domain.Barrier();
            using RcuMemoryManager<long> memory = new(length, domain);
            Assert.Equal(length, memory.GetSpan().Length);
            Assert.Equal(length, memory.Memory.Length);
            Assert.False(memory.GetSpan().ContainsAnyExcept(0));
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Empty_memory_is_memory_too()
    {
        using RcuDomain domain = new();
        using RcuMemoryManager<int> memory = new(0, domain);
        using ReadGuard guard = domain.ReadLock();
        Assert.True(guard.Dereference(memory).IsEmpty);
        Assert.True(memory.Memory.IsEmpty);
    }

    [Fact]
    public void Impossible_lengths_are_refused()
    {
        using RcuDomain domain = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => new RcuMemoryManager<int>(-1, domain));
        Assert.Throws<ArgumentOutOfRangeException>(() => Refer((int*)64, -1, domain));
        Assert.Throws<ArgumentNullException>(() => Refer(null, 1, domain));
        RcuAssert.BooksBalance(domain);
    }

    // Faults caught: a pin that is not counted, or counts for nothing once a grace period has passed.
    [Theory]
    [MemberData(nameof(Domains))]
    public void A_pin_keeps_the_memory_beyond_the_close_and_its_grace_period(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestMemory resource = new(domain, new Releases());
        MemoryHandle first = resource.Manager.Pin(7);
        MemoryHandle second = resource.Manager.Memory.Pin();
        Assert.Equal((nint)second.Pointer + (7 * sizeof(int)), (nint)first.Pointer);
        resource.Close();
        steps.Advance();
        Assert.Equal(0, resource.Releases.Count);
        Worker.Run(first.Dispose);
        steps.Advance();
        Assert.Equal((0, TestMemory.Stamp), (resource.Releases.Count, *(int*)second.Pointer));
        second.Dispose();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    // The pin's end says nothing about the readers.
    [Theory]
    [MemberData(nameof(Domains))]
    public void Unpinning_does_not_release_under_a_reader(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestMemory resource = new(domain, new Releases());
        using Visitor visitor = new(domain);
        visitor.Look(resource);
        MemoryHandle pin = resource.Manager.Pin();
        resource.Close();
        steps.TryAdvance();
        pin.Dispose();
        steps.Advance();
        Assert.Equal(0, resource.Releases.Count);
        visitor.Look(resource);
        visitor.Leave();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    // A reader whose section ends before the pin, which began after the close: while a reader may dereference, it may
    // pin.
    [Theory]
    [MemberData(nameof(Domains))]
    public void A_pin_from_after_the_close_is_refused_or_keeps_the_memory(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestMemory resource = new(domain, new Releases());
        using Visitor visitor = new(domain);
        visitor.Look(resource);
        resource.Close();
        steps.TryAdvance();
        MemoryHandle pin = default;
        bool isPinned = Record.Exception(() => pin = resource.Manager.Pin()) is null;
        visitor.Leave();
        steps.Advance();
        Assert.Equal(isPinned ? 0 : 1, resource.Releases.Count);
        pin.Dispose();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void Released_memory_is_neither_pinned_nor_seen(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        TestMemory resource = new(domain, new Releases());
        Memory<int> memory = resource.Manager.Memory;
        resource.Close();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
        Assert.Throws<ObjectDisposedException>(() => resource.Manager.Pin());
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
        Assert.Throws<ObjectDisposedException>(() => memory.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => resource.Manager.GetSpan());
    }

    [Fact]
    public void More_unpins_than_pins_are_refused_and_release_nothing()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        TestMemory resource = new(domain, new Releases());
        MemoryHandle pin = resource.Manager.Pin();
        resource.Manager.Unpin();
        Assert.Throws<InvalidOperationException>(resource.Manager.Unpin);
        MemoryHandle again = resource.Manager.Pin();
        resource.Close();
        steps.Advance();
        Assert.Equal(0, resource.Releases.Count);
        again.Dispose();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
        Assert.NotEqual((nint)0, (nint)pin.Pointer);
    }

    [Fact]
    public void A_pin_beyond_the_end_is_refused_and_counts_for_nothing()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        TestMemory resource = new(domain, new Releases());
        Assert.Throws<ArgumentOutOfRangeException>(() => resource.Manager.Pin(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => resource.Manager.Pin(PoisoningOwner.Length + 1));
        resource.Close();
        steps.Advance();
        Assert.Equal(1, resource.Releases.Count);
    }

    // A count that goes to zero and is taken for the last one while another thread pins again.
    [Fact]
    public void Pinning_and_closing_at_once_keep_the_memory_or_refuse_the_pin()
    {
        using RcuDomain domain = new();
        for (int i = 0; i < 200; i++)
        {
            TestMemory resource = new(domain, new Releases());
            using Barrier start = new(3);
            Worker[] pinners = Worker.StartMany(2, _ =>
            {
                start.SignalAndWait(Until.Bound);
                for (int k = 0; k < 50; k++)
                {
                    MemoryHandle pin;
                    try
                    {
                        pin = resource.Manager.Pin();
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }

                    Assert.True(*(int*)pin.Pointer == TestMemory.Stamp, "Pinned memory was released.");
                    pin.Dispose();
                }
            });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            resource.Close();
            domain.Barrier();
            Worker.JoinAll(pinners);
            Until.True(() => resource.Releases.Count != 0);
            domain.Barrier();
            Assert.Equal(1, resource.Releases.Count);
        }
    }

    // Only the handle of a pin is left of it.
    [Fact]
    public void A_dropped_manager_that_is_pinned_is_not_released()
    {
        using RcuDomain domain = new();
        MemoryHandle[] pin = new MemoryHandle[1];
        Releases releases = PinAndDrop(domain, pin);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            domain.Barrier();
            Assert.Equal(0, releases.Count);
        }

        Unpin(pin);
        Until.True(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return releases.Count == 1;
        });
    }

    [Fact]
    public void Without_an_owner_given_memory_is_nobody_s_to_free()
    {
        using RcuDomain domain = new();
        int* memory = stackalloc int[4];
        using (RcuMemoryManager<int> manager = new(memory, 4, null, domain))
        {
            manager.GetSpan().Fill(3);
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(3, memory[3]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Releases PinAndDrop(RcuDomain domain, MemoryHandle[] pin)
    {
        TestMemory resource = new(domain, new Releases());
        pin[0] = resource.Manager.Pin();
        return resource.Releases;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Unpin(MemoryHandle[] pin) => pin[0].Dispose();

    private static RcuMemoryManager<int> Refer(int* memory, int length, RcuDomain domain) =>
        new(memory, length, null, domain);
}
