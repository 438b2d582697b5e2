namespace Quiescent.Testing.Tests;

public sealed class ParkedReaderTests
{
    [Theory]
    [InlineData(ParkedReaderKind.Section)]
    [InlineData(ParkedReaderKind.Handle)]
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
}
