using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Modules;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Validation;

// A pointer that is kept past its section is found at its next use, in a domain with strict grace periods. Each domain
// gathers batches for a minute, so that nothing else reclaims the block meanwhile.
public sealed unsafe class StrictGracePeriodTests
{
    private const int Alive = 42;
    private const int Poisoned = 0x6B6B6B6B;

    public enum Leak
    {
        Guard,
        NestedGuard,
        RenewedGuard,
        RegisteredReader,
        QuiescentState,
        GoOffline,
        ReaderDisposedOnline,
        OnlineReader,
        OnlineReaderDisposed,
    }

    public static TheoryData<Leak> Leaks => [.. Enum.GetValues<Leak>()];

    [Theory]
    [MemberData(nameof(Leaks))]
    public void A_pointer_kept_past_its_section_points_to_poison_at_its_next_use(Leak leak) =>
        Assert.Equal(Poisoned, UseAfter(leak, isStrict: true));

    // The twin: the same steps, of which nobody takes notice.
    [Theory]
    [MemberData(nameof(Leaks))]
    public void Without_strict_grace_periods_the_same_leak_goes_unnoticed(Leak leak) =>
        Assert.Equal(Alive, UseAfter(leak, isStrict: false));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void So_does_one_kept_past_a_sleepable_section_wherever_that_ends(bool isStrict, bool onAnotherThread)
    {
        using SrcuDomain domain = new(Options(isStrict));
        RcuPointer<int> pointer = default;
        pointer.Assign(NewBlock());
        SrcuReadLock section = domain.ReadLock();
        int* kept = section.DereferencePointer(in pointer);
        domain.Free(pointer.Exchange(null));
        Assert.Equal(Alive, *kept);
        if (onAnotherThread)
        {
            Worker.Run(section.Dispose);
        }
        else
        {
            section.Dispose();
        }

        Assert.Equal(isStrict ? Poisoned : Alive, *kept);
    }

    // Fault caught: a strict end that leaves the block to another reader's grace period, which nobody drives.
    [Fact]
    public void The_last_section_in_the_way_shows_the_leak()
    {
        using RcuDomain domain = new(Options(isStrict: true));
        RcuPointer<int> pointer = default;
        pointer.Assign(NewBlock());
        using ParkedReader other = new(domain);
        int* kept;
        using (ReadGuard guard = domain.ReadLock())
        {
            kept = guard.DereferencePointer(in pointer);
            domain.Free(pointer.Exchange(null));
        }

        Assert.Equal(Alive, *kept); // As the other one may still see it.
        other.Release();
        Assert.Equal(Poisoned, *kept);
    }

    // User deallocators run on the reclaimer, for which the end of the section waits.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_block_of_a_user_deallocator_is_freed_when_the_section_has_ended(bool isStrict)
    {
        using RcuDomain domain = new(Options(isStrict));
        for (int i = 0; i < 20; i++)
        {
            using (ReadGuard guard = domain.ReadLock())
            {
                void* block = QuarantineHeap.Allocate(16);
                domain.Free<QuarantineHeap>(block);
            }

            Assert.Equal(isStrict ? 0 : i + 1, domain.GetStatistics().BlocksWaiting);
        }
    }

    [Fact]
    public void The_end_of_a_section_waits_for_no_callback()
    {
        using RcuDomain domain = new(Options(isStrict: true));
        using BusyReclaimer busy = new(domain);
        domain.Call(static () => { });
        domain.Free<QuarantineHeap>(QuarantineHeap.Allocate(16));
        domain.ReadLock().Dispose(); // Returns, though the reclaimer can free the block only later.
        Assert.Equal(1, domain.GetStatistics().BlocksWaiting);
    }

    [Fact]
    public void A_callback_that_opens_sections_waits_for_nothing()
    {
        using RcuDomain domain = new(Options(isStrict: true));
        long waiting = 0;
        domain.Call(() =>
        {
            domain.Free<QuarantineHeap>(QuarantineHeap.Allocate(16));
            domain.ReadLock().Dispose();
            waiting = domain.GetStatistics().BlocksWaiting;
        });
        domain.Barrier();
        Assert.Equal(1, waiting);
    }

    [Theory]
    [InlineData("Barrier")]
    [InlineData("Report")]
    [InlineData("Events")]
    public void A_section_ends_although_its_grace_period_finds_no_memory(string place)
    {
        using RcuDomain domain = new(Options(isStrict: true));
        for (int i = 0; i < 2; i++)
        {
            domain.Free<QuarantineHeap>(QuarantineHeap.Allocate(16));
            domain.Free(NewBlock());
            ReadGuard guard = domain.ReadLock();
            using (new Failures(Enum.Parse<FaultSite>(place), Failing.Every))
            {
                guard.Dispose();
            }

            Assert.False(domain.IsReadLockHeld);
        }

        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: the slots keep the domain, and are freed only when nothing does.
    [Fact]
    public void A_dropped_domain_is_collected_with_its_slots()
    {
        long before = SlotTable.Allocated;
        WeakReference dropped = UseAndDrop();
        Until.True(() =>
        {
            Garbage.Collect();
            return !dropped.IsAlive && SlotTable.Allocated <= before;
        });
    }

    [Fact]
    public void A_stepped_domain_goes_on_step_by_step()
    {
        using RcuDomain domain = new(Options(isStrict: true));
        using GracePeriodStepper stepper = new(domain);
        domain.Free(NewBlock());
        domain.ReadLock().Dispose();
        RcuStatistics books = domain.GetStatistics();
        Assert.Equal((0, 1), (books.GracePeriodsStarted, books.BlocksWaiting));
        Assert.True(stepper.TryAdvance());
        domain.ReadLock().Dispose();
        Assert.Equal(1, domain.GetStatistics().BlocksWaiting); // It has expired, and stays until a step reclaims it.
        stepper.Reclaim();
        Assert.Equal(0, domain.GetStatistics().BlocksWaiting);
    }

    [Fact]
    public void A_grace_period_passes_though_nothing_waits()
    {
        using RcuDomain domain = new(Options(isStrict: true));
        domain.ReadLock().Dispose();
        GracePeriodState state = domain.GetState();
        Assert.False(domain.Poll(state));
        domain.ReadLock().Dispose();
        Assert.True(domain.Poll(state));
    }

    [Fact]
    public void It_implies_validation()
    {
        using RcuDomain domain = new(new RcuDomainOptions { StrictGracePeriod = true });
        Assert.True(domain.Options.Validate);
        Assert.True(domain.Options.StrictGracePeriod);
        Assert.False(new RcuDomainOptions().StrictGracePeriod);
        Assert.Contains("StrictGracePeriod = True", domain.Options.ToString(), StringComparison.Ordinal);
    }

    private static int UseAfter(Leak leak, bool isStrict)
    {
        using RcuDomain domain = new(Options(isStrict));
        RcuPointer<int> pointer = default;
        pointer.Assign(NewBlock());
        int* kept = null;
        switch (leak)
        {
            case Leak.Guard:
                using (ReadGuard guard = domain.ReadLock())
                {
                    kept = guard.DereferencePointer(in pointer);
                    domain.Free(pointer.Exchange(null));
                    Assert.Equal(Alive, *kept);
                }

                break;
            case Leak.NestedGuard:
                using (ReadGuard outer = domain.ReadLock())
                {
                    using (ReadGuard guard = domain.ReadLock())
                    {
                        kept = guard.DereferencePointer(in pointer);
                        domain.Free(pointer.Exchange(null));
                    }

                    Assert.Equal(Alive, *kept);
                }

                break;
            case Leak.RenewedGuard:
                using (ReadGuard guard = domain.ReadLock())
                {
                    kept = guard.DereferencePointer(in pointer);
                    domain.Free(pointer.Exchange(null));
                    guard.Renew();
                    return *kept;
                }

            case Leak.RegisteredReader:
                using (RcuReader reader = domain.RegisterReader())
                {
                    using (ReadGuard guard = reader.ReadLock())
                    {
                        kept = guard.DereferencePointer(in pointer);
                        domain.Free(pointer.Exchange(null));
                        Assert.Equal(Alive, *kept);
                    }

                    return *kept;
                }

            case Leak.QuiescentState or Leak.GoOffline or Leak.ReaderDisposedOnline:
                using (RcuReader reader = domain.RegisterReader())
                {
                    reader.GoOnline();
                    using (ReadGuard guard = reader.ReadLock())
                    {
                        kept = guard.DereferencePointer(in pointer);
                    }

                    domain.Free(pointer.Exchange(null));
                    Assert.Equal(Alive, *kept); // Online, the end of a section ends nothing.
                    if (leak == Leak.QuiescentState)
                    {
                        reader.QuiescentState();
                        return *kept;
                    }

                    if (leak == Leak.GoOffline)
                    {
                        reader.GoOffline();
                    }
                }

                break;
            default:
                using (OnlineReader reader = domain.RegisterOnlineReader())
                {
                    using (OnlineReadGuard guard = reader.ReadLock())
                    {
                        kept = guard.DereferencePointer(in pointer);
                    }

                    domain.Free(pointer.Exchange(null));
                    Assert.Equal(Alive, *kept);
                    if (leak == Leak.OnlineReader)
                    {
                        reader.QuiescentState();
                        return *kept;
                    }
                }

                break;
        }

        return *kept;
    }

    private static RcuDomainOptions Options(bool isStrict) => new()
    {
        Validate = true,
        StrictGracePeriod = isStrict,
        ReclaimDelay = TimeSpan.FromMinutes(1),
    };

    private static int* NewBlock()
    {
        int* block = (int*)NativeMemory.Alloc(64);
        *block = Alive;
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference UseAndDrop()
    {
        RcuDomain domain = new(Options(isStrict: true));
        domain.ReadLock().Dispose();
        WeakReference core = new(domain.Core, trackResurrection: true);
        domain.Dispose();
        return core;
    }
}
