using Quiescent.Tests.Support;

namespace Quiescent.Tests.Locks;

public sealed class LockDisposalTests
{
    // Fault caught: a thread that waits when the lock is disposed of waits for ever.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Those_that_wait_end_and_those_inside_leave_as_usual(bool isShared, bool waitsForReader)
    {
        using RcuDomain? domain = isShared ? new RcuDomain() : null;
        RcuReaderWriterLock table = new(domain, "table");
        using HeldLock inside = new(table, write: !waitsForReader);
        Exception?[] thrown = new Exception?[2];
        using Worker writer = Worker.Start(() => thrown[0] = Record.Exception(() => table.Write().Dispose()));
        Until.True(() => !Worker.Ask(() => table.TryRead(TimeSpan.Zero, out _)));
        using Worker reader = Worker.Start(() => thrown[1] = Record.Exception(() => table.Read().Dispose()));
        Until.True(() => reader.IsWaiting);
        table.Dispose();
        writer.Join();
        reader.Join();
        Assert.All(thrown, exception => Assert.IsType<ObjectDisposedException>(exception));
        inside.Leave();
        table.Dispose();
        Assert.Throws<ObjectDisposedException>(() => table.Read().Dispose());
        Assert.Throws<ObjectDisposedException>(() => table.Write().Dispose());
        Assert.Throws<ObjectDisposedException>(() => table.TryRead(TimeSpan.Zero, out _));
        Assert.Throws<ObjectDisposedException>(() => table.TryWrite(TimeSpan.Zero, out _));
        domain?.Synchronize(); // Goes on.
    }

    [Fact]
    public void It_is_not_disposed_of_by_those_that_are_inside()
    {
        using RcuReaderWriterLock table = new();
        using (table.Read())
        {
            Assert.Throws<InvalidOperationException>(table.Dispose);
        }

        using (table.Write())
        {
            Assert.Throws<InvalidOperationException>(table.Dispose);
        }

        table.Read().Dispose();
        table.Write().Dispose();
    }

    [Fact]
    public void A_lock_of_a_disposed_domain_refuses()
    {
        RcuDomain domain = new();
        using RcuReaderWriterLock table = new(domain);
        table.Read().Dispose();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => table.Read().Dispose());
        Assert.Throws<ObjectDisposedException>(() => table.Write().Dispose());
    }

    // Fault caught: a lock that is dropped without disposal keeps its domain's memory.
    [Fact]
    public void A_dropped_lock_takes_its_domain_along()
    {
        WeakReference domain = Drop();
        Until.True(() =>
        {
            Garbage.Collect();
            return !domain.IsAlive;
        });
    }

    private static WeakReference Drop()
    {
        WeakReference domain = new(null);
        Worker.Run(() =>
        {
            RcuReaderWriterLock table = new();
            table.Read().Dispose();
            table.Write().Dispose();
            domain.Target = table.Domain;
        });
        return domain;
    }
}
