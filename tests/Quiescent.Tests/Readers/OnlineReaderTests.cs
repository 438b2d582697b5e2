using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// Quiescent-state mode: from GoOnline to GoOffline a thread's sections cost nothing, and it says when it holds no
// reference.
public sealed class OnlineReaderTests
{
    public static TheoryData<ReadSideBarrier, bool> AllKinds => SectionTests.AllKinds;

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void An_online_reader_that_announces_nothing_holds_grace_periods_up(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        reader.ReadLock().Dispose();
        Progress.MustBeHeldUp(domain);
        reader.GoOffline();
        Progress.MustBePossible(domain);
    }

    // Fault caught: a quiescent state that announces the sequence it went online with, or none.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void An_online_reader_that_announces_quiescent_states_lets_grace_periods_pass(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        for (int i = 0; i < 5; i++)
        {
            using Worker synchronizer = Progress.StartSynchronize(domain);
            Assert.False(synchronizer.HasEnded);
            reader.QuiescentState();
            synchronizer.Join();
        }

        reader.GoOffline();
    }

    // Fault caught: a quiescent state that leaves the reader offline. It means "nothing held now", not "nothing from
    // now on".
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_quiescent_state_lets_only_older_grace_periods_pass(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        using (Progress.StartSynchronize(domain))
        {
            reader.QuiescentState();
        }

        Progress.MustBeHeldUp(domain);
        reader.GoOffline();
        Progress.MustBePossible(domain);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Going_online_twice_needs_one_going_offline(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        reader.GoOnline();
        Progress.MustBeHeldUp(domain);
        reader.GoOffline();
        domain.Synchronize();
        reader.GoOffline();
        domain.Synchronize();
        Assert.False(domain.IsReadLockHeld);
    }

    // Fault caught: a second GoOnline that announces again, which would be a quiescent state nobody asked for.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Going_online_twice_is_no_quiescent_state(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        GracePeriodState state = domain.StartPoll();
        Progress.MustBeHeldUp(domain);
        reader.GoOnline();
        Progress.MustBeHeldUp(domain);
        Assert.False(domain.Poll(state));
        reader.GoOffline();
        domain.Synchronize();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void A_quiescent_state_while_offline_does_nothing(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.QuiescentState();
        domain.Synchronize();
        reader.GoOnline();
        reader.GoOffline();
        reader.QuiescentState();
        domain.Synchronize();
        Assert.False(domain.IsReadLockHeld);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Waiting_while_online_throws(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        GracePeriodState passed = domain.GetState();
        domain.Synchronize();
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        GracePeriodState state = domain.GetState();
        Assert.Throws<InvalidOperationException>(domain.Synchronize);
        Assert.Throws<InvalidOperationException>(domain.Barrier);
        Assert.Throws<InvalidOperationException>(() => domain.CondSynchronize(state));
        Assert.Throws<InvalidOperationException>(domain.Dispose);
        domain.CondSynchronize(passed);

        Progress.MustBeHeldUp(domain);
        reader.GoOffline();
        domain.CondSynchronize(state);
        domain.Synchronize();
        domain.Barrier();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Quiescent_states_and_going_offline_inside_a_counted_section_throw(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        GracePeriodState state = domain.GetState();
        Progress.MustBeHeldUp(domain);
        using (domain.ReadLock())
        {
            Assert.True(domain.IsReadLockHeld);
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState()));
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOffline()));
            Progress.MustBeHeldUp(domain);
            Assert.False(domain.Poll(state));
        }

        Assert.False(domain.IsReadLockHeld);
        Progress.MustBeHeldUp(domain);
        reader.GoOffline();
        Progress.MustBePossible(domain);
    }

    // Fault caught: through an offline reader they did nothing, and the mistake showed only once the thread was online.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Quiescent_states_and_going_offline_inside_a_counted_section_throw_while_offline_too(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        reader.QuiescentState();
        reader.GoOffline();
        using (domain.ReadLock())
        {
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState()));
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOffline()));
            Progress.MustBeHeldUp(domain);
        }

        using (reader.ReadLock())
        {
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState()));
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOffline()));
            Progress.MustBeHeldUp(domain);
        }

        Assert.False(domain.IsReadLockHeld);
        Progress.MustBePossible(domain);
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Going_online_inside_a_section_throws(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader reader = domain.RegisterReader();
        using (domain.ReadLock())
        {
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOnline()));
        }

        using (reader.ReadLock())
        {
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOnline()));
        }

        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
    }

    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Validate_sees_free_sections(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide, validate: true);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        Assert.False(domain.IsReadLockHeld);
        GracePeriodState state = domain.StartPoll();
        using (reader.ReadLock())
        {
            Assert.True(domain.IsReadLockHeld);
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState()));
            Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.GoOffline()));
            Progress.MustBeHeldUp(domain);
            Assert.False(domain.Poll(state));
        }

        Assert.False(domain.IsReadLockHeld);
        Until.True(() => domain.Poll(state), in reader, static (scoped ref readonly RcuReader r) => r.QuiescentState());
        reader.GoOffline();
    }

    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Without_Validate_free_sections_cannot_be_told_from_none(ReadSideBarrier readSide)
    {
        ValidateForAll.SkipIfOn();
        using RcuDomain domain = Domains.New(readSide);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        using (reader.ReadLock())
        {
            Assert.False(domain.IsReadLockHeld);
        }

        // A free section's guard outlives the mode harmlessly.
        ReadGuard guard = reader.ReadLock();
        reader.GoOffline();
        guard.Dispose();
        Assert.False(domain.IsReadLockHeld);
        domain.Synchronize();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Online_is_the_thread_s_state_and_any_of_its_registered_readers_may_change_it(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        using RcuReader first = domain.RegisterReader();
        using RcuReader second = domain.RegisterReader();
        first.GoOnline();
        second.ReadLock().Dispose();
        Progress.MustBeHeldUp(domain);
        GracePeriodState state = domain.GetState();
        Until.True(() => domain.Poll(state), in second, static (scoped ref readonly RcuReader r) => r.QuiescentState());

        second.GoOffline();
        domain.Synchronize();
        second.GoOnline();
        Progress.MustBeHeldUp(domain);
        first.GoOffline();
        domain.Synchronize();
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Disposing_of_the_last_registered_reader_goes_offline(ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        RcuReader first = domain.RegisterReader();
        RcuReader second = domain.RegisterReader();
        first.GoOnline();
        first.Dispose();
        Progress.MustBeHeldUp(domain);
        second.Dispose();
        domain.Synchronize();
    }

    // Fault caught: a refused Dispose that has already closed the reader, and so leaves a thread online that nothing
    // can take offline.
    [Theory]
    [MemberData(nameof(AllKinds))]
    public void Disposing_of_the_last_registered_reader_inside_a_section_throws_and_the_reader_lives_on(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate);
        Worker.Run(() =>
        {
            RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            using (domain.ReadLock())
            {
                Assert.True(Misuse.IsRefused(in reader, static (scoped ref readonly RcuReader r) => r.Dispose()));
                Assert.True(domain.IsReadLockHeld);
            }

            reader.QuiescentState();
            reader.Dispose();

            // Throws if this thread is still online.
            domain.Synchronize();
        });
    }
}
