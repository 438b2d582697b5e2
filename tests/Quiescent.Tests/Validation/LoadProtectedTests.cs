using Quiescent.Tests.Support;

namespace Quiescent.Tests.Validation;

// An updater names the lock that it holds; if it does not hold it, LoadProtected throws, in any domain, with or without
// Validate.
public unsafe class LoadProtectedTests
{
    [Fact]
    public void Inside_its_lock_it_loads()
    {
        long value = 7;
        RcuPointer<long> typed = default;
        RcuPointer untyped = default;
        typed.Assign(&value);
        untyped.Assign(&value);
        Lock updateSide = new();
        object monitor = new();
        lock (updateSide)
        {
            Assert.True(typed.LoadProtected(updateSide) == &value);
            Assert.True(untyped.LoadProtected(updateSide) == &value);
        }

        lock (monitor)
        {
            Assert.True(typed.LoadProtected(monitor) == &value);
            Assert.True(untyped.LoadProtected(monitor) == &value);
        }
    }

    [Fact]
    public void Outside_its_lock_it_throws_and_names_the_place()
    {
        Lock updateSide = new();
        object monitor = new();
        MustThrow(() => default(RcuPointer<long>).LoadProtected(updateSide));
        MustThrow(() => default(RcuPointer).LoadProtected(updateSide));
        MustThrow(() => default(RcuPointer<long>).LoadProtected(monitor));
        MustThrow(() => default(RcuPointer).LoadProtected(monitor));
        MustThrow(() => default(RcuPointer).LoadProtected((Lock)null!));
        MustThrow(() => default(RcuPointer).LoadProtected((object)null!));
    }

    // Fault caught: a check that anyone holds it.
    [Fact]
    public void Another_thread_s_holding_it_does_not_count()
    {
        Lock updateSide = new();
        object monitor = new();
        lock (monitor)
        {
            lock (updateSide)
            {
                Worker.Run(() => MustThrow(() => default(RcuPointer).LoadProtected(updateSide)));
                Worker.Run(() => MustThrow(() => default(RcuPointer).LoadProtected(monitor)));
            }
        }
    }

    private static void MustThrow(Action load) =>
        Sites.MustName(
            Assert.Throws<InvalidOperationException>(load).Message,
            "at",
            nameof(LoadProtectedTests),
            "LoadProtectedTests.cs");
}
