using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

public sealed class RegisteredReaderTests
{
    public static TheoryData<ReadSideBarrier, bool> AllKinds => SectionTests.AllKinds;

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_section_of_a_registered_reader_holds_grace_periods_up_until_it_ends(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        Progress.MustBePossible(domain);
        using (reader.ReadLock())
        {
            Assert.True(domain.IsReadLockHeld);
            Progress.MustBeHeldUp(domain);
            using (reader.ReadLock())
            {
            }

            Assert.True(domain.IsReadLockHeld);
            Progress.MustBeHeldUp(domain);
        }

        Assert.False(domain.IsReadLockHeld);
        Progress.MustBePossible(domain);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Sections_of_registered_readers_and_automatic_ones_nest_in_each_other(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        using (domain.ReadLock())
        {
            using (reader.ReadLock())
            {
                using (domain.ReadLock())
                {
                }

                Progress.MustBeHeldUp(domain);
            }

            Assert.True(domain.IsReadLockHeld);
            Progress.MustBeHeldUp(domain);
        }

        Progress.MustBePossible(domain);
        ReadGuard outer = reader.ReadLock();
        ReadGuard inner = domain.ReadLock();
        Assert.True(Misuse.IsRefused(ref outer));
        inner.Dispose();
        Progress.MustBeHeldUp(domain);
        outer.Dispose();
        Progress.MustBePossible(domain);
    }

    // Fault caught: a fast path that tests the current reader alone, and gives another live one no way to take its
    // place.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Several_registered_readers_of_one_thread_take_turns(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader first = domain.RegisterReader();
        using RcuReader second = domain.RegisterReader();
        for (int i = 0; i < 3; i++)
        {
            using (first.ReadLock())
            {
                using (second.ReadLock())
                {
                    using (first.ReadLock())
                    {
                        Progress.MustBeHeldUp(domain);
                    }
                }

                Assert.True(domain.IsReadLockHeld);
            }

            using (second.ReadLock())
            {
                Progress.MustBeHeldUp(domain);
            }

            Assert.False(domain.IsReadLockHeld);
            Progress.MustBePossible(domain);
        }

        Assert.Equal(1, domain.GetStatistics().ReaderSlots);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_registered_reader_works_on_after_another_of_its_thread_was_disposed_of(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader first = domain.RegisterReader();
        RcuReader second = domain.RegisterReader();
        second.ReadLock().Dispose();
        second.Dispose();
        using (first.ReadLock())
        {
            Progress.MustBeHeldUp(domain);
        }

        first.GoOnline();
        first.QuiescentState();
        first.GoOffline();
        domain.Synchronize();
    }

    [Fact]
    public void Registered_readers_of_several_domains_do_not_meet()
    {
        using RcuDomain one = Domains.New();
        using RcuDomain other = Domains.New(ReadSideBarrier.Full);
        using RcuReader first = one.RegisterReader();
        using RcuReader second = other.RegisterReader();
        first.GoOnline();
        using (second.ReadLock())
        {
            Progress.MustBeHeldUp(one);
            Progress.MustBeHeldUp(other);
            first.GoOffline();
            one.Synchronize();
            Progress.MustBeHeldUp(other);
        }

        other.Synchronize();
    }

    // A `using` variable is read-only: a member called on a copy would lose its effect, or not compile.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Every_member_works_on_a_using_variable(ReadSideBarrier readSide, bool validate)
    {
        ValidateForAll.SkipRowUnless(validate);
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        using (ReadGuard guard = reader.ReadLock())
        {
            Progress.MustBeHeldUp(domain);
        }

        reader.GoOnline();
        Progress.MustBeHeldUp(domain);
        GracePeriodState state = domain.GetState();
        reader.QuiescentState();
        using (ReadGuard guard = reader.ReadLock())
        {
            Assert.Equal(validate, domain.IsReadLockHeld);
        }

        Until.True(() => domain.Poll(state), in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState());
        reader.GoOffline();
        domain.Synchronize();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Disposing_of_a_registered_reader_again_does_nothing(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        RcuReader reader = domain.RegisterReader();
        RcuReader copy = reader;
        reader.Dispose();
        reader.Dispose();
        copy.Dispose();
        default(RcuReader).Dispose();
        using (domain.ReadLock())
        {
            reader.Dispose();
            Assert.True(domain.IsReadLockHeld);
        }

        domain.Synchronize();
    }

    // Fault caught: a second Dispose that needs the thread's registration, which the thread gives up for disposed
    // domains.
    [Fact]
    public void Disposing_of_a_registered_reader_again_long_after_its_domain_does_nothing()
    {
        RcuDomain domain = Domains.New();
        RcuReader reader = domain.RegisterReader();
        reader.Dispose();
        domain.Dispose();

        RcuDomain[] others = [.. Enumerable.Range(0, 64).Select(_ => Domains.New())];
        foreach (RcuDomain other in others)
        {
            other.ReadLock().Dispose();
        }

        reader.Dispose();
        foreach (RcuDomain other in others)
        {
            other.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_registered_reader_used_after_its_Dispose_throws_and_changes_nothing(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        RcuReader gone = domain.RegisterReader();
        gone.Dispose();
        MustBeRefusedEverywhere(in gone);
        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();

        using RcuReader live = domain.RegisterReader();
        live.GoOnline();
        MustBeRefusedEverywhere(in gone);
        Progress.MustBeHeldUp(domain);
        live.GoOffline();
        domain.Synchronize();
    }

    [Fact]
    public void A_default_reader_throws()
    {
        RcuReader none = default;
        MustBeRefusedEverywhere(in none);
    }

    private static void MustBeRefusedEverywhere(scoped ref readonly RcuReader reader)
    {
        Assert.True(
            Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.ReadLock().Dispose()),
            "ReadLock");
        Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOnline()), "GoOnline");
        Assert.True(
            Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState()),
            "QuiescentState");
        Assert.True(
            Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOffline()), "GoOffline");
    }
}
