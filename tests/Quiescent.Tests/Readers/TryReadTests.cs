using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// TryRead copies a block inside the section. What it returns needs no section any more.
public sealed unsafe class TryReadTests : IDisposable
{
    private readonly Pair* _pair = (Pair*)NativeMemory.Alloc((nuint)sizeof(Pair));
    private RcuPointer<Pair> _typed;
    private RcuPointer _untyped;

    public TryReadTests()
    {
        *_pair = new Pair { First = 1, Second = 2 };
        _typed.Assign(_pair);
        _untyped.Assign(_pair);
    }

    public void Dispose() => NativeMemory.Free(_pair);

    [Fact]
    public void A_guard_copies_the_block()
    {
        using RcuDomain domain = Domains.New();
        using ReadGuard guard = domain.ReadLock();
        Assert.True(guard.TryRead(in _typed, out Pair typed));
        Assert.True(guard.TryRead(in _untyped, out Pair untyped));
        MustBeCopies(typed, untyped);
        Assert.True(guard.TryRead(in _untyped, out long first));
        Assert.Equal(1, first);
    }

    // Fault caught: what the caller had in its variable taken for a block.
    [Fact]
    public void A_null_pointer_gives_false_and_the_default()
    {
        using RcuDomain domain = Domains.New();
        using SrcuDomain sleepable = new();
        RcuPointer<Pair> typed = default;
        RcuPointer untyped = default;
        Pair copy = *_pair;
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.False(guard.TryRead(in typed, out copy));
            MustBeDefault(ref copy);
            Assert.False(guard.TryRead(in untyped, out copy));
            MustBeDefault(ref copy);
        }

        using (SrcuReadLock section = sleepable.ReadLock())
        {
            Assert.False(section.TryRead(in typed, out copy));
            MustBeDefault(ref copy);
            Assert.False(section.TryRead(in untyped, out copy));
            MustBeDefault(ref copy);
        }

        using (RcuReader reader = domain.RegisterReader())
        {
            Assert.False(reader.TryRead(in typed, out copy));
            MustBeDefault(ref copy);
        }

        using OnlineReader online = domain.RegisterOnlineReader();
        Assert.False(online.TryRead(in typed, out copy));
        MustBeDefault(ref copy);
        using OnlineReadGuard last = online.ReadLock();
        Assert.False(last.TryRead(in typed, out copy));
        MustBeDefault(ref copy);
        Assert.False(last.TryRead(in untyped, out copy));
        MustBeDefault(ref copy);
    }

    [Fact]
    public void So_does_a_sleepable_section()
    {
        using SrcuDomain domain = new();
        using SrcuReadLock section = domain.ReadLock();
        Assert.True(section.TryRead(in _typed, out Pair typed));
        Assert.True(section.TryRead(in _untyped, out Pair untyped));
        MustBeCopies(typed, untyped);
    }

    // Fault caught: a reader that leaves the section of its read open, or reads outside of any.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void So_does_a_reader_in_a_section_that_is_over_when_it_returns(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        using (RcuReader reader = domain.RegisterReader())
        {
            Assert.True(reader.TryRead(in _typed, out Pair typed));
            Assert.False(domain.IsReadLockHeld);
            Assert.True(reader.TryRead(in _typed, out Pair again));
            MustBeCopies(typed, again);
        }

        domain.Synchronize();
        RcuReader gone = domain.RegisterReader();
        gone.Dispose();
        Assert.True(Misuse.IsRefused(in gone, static (scoped ref readonly RcuReader r) =>
        {
            RcuPointer<Pair> none = default;
            r.TryRead(in none, out _);
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void So_do_an_online_reader_and_its_sections(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        using OnlineReader reader = domain.RegisterOnlineReader();
        Assert.True(reader.TryRead(in _typed, out Pair first));
        Assert.False(domain.IsReadLockHeld);
        using (OnlineReadGuard guard = reader.ReadLock())
        {
            Assert.True(guard.TryRead(in _typed, out Pair typed));
            Assert.True(guard.TryRead(in _untyped, out Pair untyped));
            MustBeCopies(typed, untyped);
        }

        reader.QuiescentState();
        MustBeCopies(first, first);
    }

    private void MustBeCopies(Pair one, Pair other)
    {
        *_pair = default;
        Assert.Equal((1L, 2L, 1L, 2L), (one.First, one.Second, other.First, other.Second));
        *_pair = new Pair { First = 1, Second = 2 };
    }

    private void MustBeDefault(ref Pair copy)
    {
        Assert.Equal((0L, 0L), (copy.First, copy.Second));
        copy = *_pair;
    }

    private struct Pair
    {
        public long First;
        public long Second;
    }
}
