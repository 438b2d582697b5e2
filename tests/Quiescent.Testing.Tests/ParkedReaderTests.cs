using System.Runtime.CompilerServices;

namespace Quiescent.Testing.Tests;

public sealed class ParkedReaderTests
{
    [Theory]
    [InlineData(ParkedReaderKind.Section)]
    [InlineData(ParkedReaderKind.Registered)]
    [InlineData(ParkedReaderKind.Online)]
    public void It_holds_grace_periods_up_until_it_is_released(ParkedReaderKind kind)
    {
        using RcuDomain domain = new();
        ParkedReader reader = new(domain, kind);
        GracePeriodState state = domain.StartPoll();
        Assert.False(domain.Poll(state));
        reader.Release();
        domain.CondSynchronize(state);
        reader.Dispose();
    }

    [Fact]
    public void An_action_runs_inside_the_section()
    {
        using RcuDomain domain = new();
        using ParkedReader reader = new(domain);
        bool isHeld = false;
        Thread? ranOn = null;
        reader.Run(() => (isHeld, ranOn) = (domain.IsReadLockHeld, Thread.CurrentThread));
        Assert.True(isHeld);
        Assert.Same(reader.Thread, ranOn);
    }

    [Fact]
    public void An_exception_of_an_action_is_thrown_and_the_reader_stays()
    {
        using RcuDomain domain = new();
        using ParkedReader reader = new(domain);
        Assert.Throws<InvalidDataException>(() => reader.Run(() => throw new InvalidDataException()));
        reader.Run(() => Assert.True(domain.IsReadLockHeld));
    }

    [Fact]
    public void A_reader_that_cannot_enter_says_why()
    {
        RcuDomain domain = new();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new ParkedReader(domain));
    }

    [Fact]
    public void A_reader_that_has_left_runs_nothing()
    {
        using SrcuDomain domain = new();
        using ParkedReader reader = new(domain);
        Assert.Equal(1, domain.OpenSections);
        reader.Release();
        Assert.Equal(0, domain.OpenSections);
        Assert.Throws<InvalidOperationException>(() => reader.Run(() => { }));
    }

    // Faults caught: no guard for the action; an online reader that is offered none.
    [Theory]
    [InlineData(ParkedReaderKind.Section)]
    [InlineData(ParkedReaderKind.Registered)]
    [InlineData(ParkedReaderKind.Online)]
    public unsafe void An_action_dereferences_through_the_guard(ParkedReaderKind kind)
    {
        using RcuDomain domain = new();
        RcuPointer<long> pointer = default;
        long* block = QuarantineHeap.New(7L);
        pointer.Assign(block);
        using ParkedReader reader = new(domain, kind);
        long found = 0;
        reader.Run((scoped ref readonly ReadGuard guard) => found = *guard.DereferencePointer(in pointer));
        Assert.Equal(7, found);
        reader.Release();
        domain.Free<QuarantineHeap>(pointer.Exchange(null));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void An_action_dereferences_through_the_sleepable_section()
    {
        using SrcuDomain domain = new();
        using MemoryStream value = new();
        using RcuReference<MemoryStream> reference = new(value, domain);
        using ParkedReader reader = new(domain);
        MemoryStream? found = null;
        reader.Run(section => found = section.Dereference(reference));
        Assert.Same(value, found);
        Assert.Equal(1, domain.OpenSections);
    }

    [Fact]
    public void An_action_for_the_other_kind_of_section_is_refused_and_the_reader_stays()
    {
        using RcuDomain domain = new();
        using SrcuDomain sleepable = new();
        using ParkedReader reader = new(domain);
        using ParkedReader sleepableReader = new(sleepable);
        Assert.Throws<InvalidOperationException>(() => reader.Run(static (SrcuReadLock _) => { }));
        Assert.Throws<InvalidOperationException>(
            () => sleepableReader.Run(static (scoped ref readonly ReadGuard _) => { }));
        reader.Run(() => Assert.True(domain.IsReadLockHeld));
        Assert.Equal(1, sleepable.OpenSections);
    }

    // Fault caught: waits of the kit that Validate takes for the test's.
    [Fact]
    public void Validate_lets_a_test_park_and_release_readers_inside_a_section_of_its_own()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true });
        using MisuseRecorder reports = new(domain);
        using (domain.ReadLock())
        {
            using ParkedReader reader = new(domain);
            reader.Run(() => Assert.True(domain.IsReadLockHeld));
            reader.Release();
        }

        RcuAssert.BooksBalance(domain);
        reports.AssertNone();
    }

    [Fact]
    public void Validate_still_finds_an_action_that_waits_inside_the_section()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true });
        using ParkedReader reader = new(domain);
        Assert.Throws<InvalidOperationException>(() => reader.Run(() => new ManualResetEvent(false).WaitOne()));
    }

    // Fault caught: an order kept in a field or a local while the reader waits.
    [Theory]
    [InlineData(ParkedReaderKind.Section)]
    [InlineData(ParkedReaderKind.Online)]
    public void Nothing_that_an_action_used_is_kept(ParkedReaderKind kind)
    {
        using RcuDomain domain = new();
        using ParkedReader reader = new(domain, kind);
        WeakReference used = RunWithObject(reader);
        GC.Collect();
        Assert.False(used.IsAlive);
        reader.Run(() => { });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RunWithObject(ParkedReader reader)
    {
        object used = new();
        reader.Run(() => GC.KeepAlive(used));
        reader.Run((scoped ref readonly ReadGuard _) => GC.KeepAlive(used));
        return new WeakReference(used);
    }

    // Fault caught: a broken section end that nobody learns of.
    [Fact]
    public void What_the_end_of_the_section_throws_is_thrown_by_Release()
    {
        using RcuDomain domain = new();
        ParkedReader reader = new(domain);
        reader.Run(() => domain.ReadLock());
        Assert.Throws<InvalidOperationException>(reader.Release);
        reader.Dispose();
    }
}
