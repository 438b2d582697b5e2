using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// Each resource does what it is for, read in either kind of section.
public sealed class ResourceTests
{
    [Fact]
    public void A_file_is_replaced_under_its_readers()
    {
        string one = Mapping.NewFile([1, 2, 3]);
        string two = Mapping.NewFile([4, 5]);
        using RcuDomain domain = new();
        using RcuMemoryMappedFile file = new(one, domain);
        using (ReadGuard guard = domain.ReadLock())
        {
            ReadOnlySpan<byte> before = guard.Dereference(file);
            file.Replace(two);
            Assert.Equal([1, 2, 3], before.ToArray());
            Assert.Equal([4, 5], guard.Dereference(file).ToArray());
            Assert.Equal([5], guard.Dereference(file, 1, 1).ToArray());
            Assert.Equal(2, file.MappingsOpen);
        }

        domain.Barrier();
        Assert.Equal(1, file.MappingsOpen);
        file.Dispose();
        domain.Barrier();
        Assert.Equal(0, file.MappingsOpen);
    }

    // Its mapping is unlinked before it is closed: a use after that holds it no longer than the barrier waits.
    [Fact]
    public async Task A_file_is_one_and_the_same_across_awaits()
    {
        string one = Mapping.NewFile([1, 2, 3]);
        string two = Mapping.NewFile([4, 5]);
        using SrcuDomain domain = new();
        using RcuMemoryMappedFile file = new(one, domain);
        using OpenSection section = new(domain);
        ReadOnlyMemory<byte> bytes = section.Lock.DereferenceMemory(file);
        file.Replace(two);
        await Task.Yield();
        Assert.Equal([1, 2, 3], bytes.ToArray());
        section.Dispose();
        await domain.BarrierAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, file.MappingsOpen);
        Assert.Throws<ObjectDisposedException>(() => bytes.ToArray());
    }

    [Fact]
    public void An_object_is_disposed_of_after_its_readers()
    {
        using RcuDomain domain = new();
        MemoryStream old = new();
        using RcuReference<MemoryStream> reference = new(old, domain);
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.Same(old, guard.Dereference(reference));
            reference.Replace(new MemoryStream());
            Assert.NotSame(old, guard.Dereference(reference));
            Assert.True(old.CanRead);
        }

        domain.Barrier();
        Assert.False(old.CanRead);
    }

    [Fact]
    public void Memory_is_freed_after_its_readers_and_its_pins()
    {
        using RcuDomain domain = new();
        RcuMemoryManager<int> memory = new(3, domain);
        memory.GetSpan()[1] = 7;
        using (ReadGuard guard = domain.ReadLock())
        {
            ((IDisposable)memory).Dispose();
            Assert.Equal(7, guard.Dereference(memory)[1]);
        }

        domain.Barrier();
        domain.Barrier();
        Assert.Throws<ObjectDisposedException>(() => memory.Memory.Span[1]);
    }

    [Fact]
    public void An_array_is_handed_out_again_after_a_grace_period()
    {
        using RcuDomain domain = new();
        RcuArrayPool<byte> pool = new(domain);
        byte[] array = pool.Rent(100);
        Assert.Equal(128, array.Length);
        using (ReadGuard guard = domain.ReadLock())
        {
            pool.Return(array);
            Assert.NotSame(array, pool.Rent(100));
        }

        Assert.Throws<InvalidOperationException>(() => pool.Return(array));
        domain.Synchronize();
        Assert.Same(array, pool.Rent(100));
    }
}
