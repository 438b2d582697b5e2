using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

public sealed unsafe class ManyDomainsTests
{
    [Fact]
    public void One_thread_reads_in_a_thousand_domains_at_once()
    {
        const int Count = 1_000;
        Worker.Run(() =>
        {
            RcuDomain[] domains = [.. Enumerable.Range(0, Count).Select(i => Domains.New((ReadSideBarrier)(i % 2)))];
            for (int round = 0; round < 3; round++)
            {
                foreach (RcuDomain domain in domains)
                {
                    Assert.False(domain.IsReadLockHeld);
                    using (domain.ReadLock())
                    {
                        Assert.True(domain.IsReadLockHeld);
                    }

                    domain.Synchronize();
                }
            }

            // Every other one goes; the rest keep their slots and more come.
            for (int i = 0; i < Count; i += 2)
            {
                domains[i].Dispose();
            }

            for (int i = 0; i < Count; i += 2)
            {
                domains[i] = Domains.New();
                domains[i].ReadLock().Dispose();
            }

            foreach (RcuDomain domain in domains)
            {
                using (domain.ReadLock())
                {
                    Assert.Throws<InvalidOperationException>(domain.Synchronize);
                }

                domain.Synchronize();
                Assert.Equal(1, domain.GetStatistics().ReaderSlots);
                domain.Dispose();
            }
        });
    }

    // Faults caught: a section in the domain that the thread used before; and one in a domain that is closed.
    [Fact]
    public void Domains_used_in_turns_keep_their_sections_apart_and_a_disposed_one_is_refused()
    {
        RcuDomain[] domains = [new(), new(), new()];
        for (int i = 0; i < 50; i++)
        {
            RcuDomain domain = domains[i / 5 % domains.Length];
            domain.ReadLock().Dispose();
            using (domain.ReadLock())
            {
                Assert.Equal(domains.Select(one => one == domain), domains.Select(one => one.IsReadLockHeld));
            }
        }

        domains[1].Dispose();
        for (int i = 0; i < 50; i++)
        {
            domains[0].ReadLock().Dispose();
            Assert.Throws<ObjectDisposedException>(() => domains[1].ReadLock().Dispose());
            domains[2].ReadLock().Dispose();
        }

        domains[0].Dispose();
        domains[2].Dispose();
    }

    [Fact]
    public void Sleepable_domains_used_in_turns_do_so_too()
    {
        SrcuDomain[] domains = [new(), new(), new()];
        for (int i = 0; i < 50; i++)
        {
            SrcuDomain domain = domains[i / 5 % domains.Length];
            domain.ReadLock().Dispose();
            using (domain.ReadLock())
            {
                Assert.Equal(domains.Select(one => one == domain ? 1L : 0), domains.Select(one => one.OpenSections));
            }
        }

        domains[1].Dispose();
        for (int i = 0; i < 50; i++)
        {
            domains[0].ReadLock().Dispose();
            Assert.Throws<ObjectDisposedException>(() => domains[1].ReadLock().Dispose());
            domains[2].ReadLock().Dispose();
        }

        domains[0].Dispose();
        domains[2].Dispose();
    }

    // Fault caught: a registration dropped with its domain while the thread still has a section or a registered reader
    // in it.
    [Fact]
    public void Sections_and_registered_readers_outlive_their_domain_however_many_domains_follow()
    {
        Worker.Run(() =>
        {
            RcuDomain first = Domains.New(validate: true);
            RcuDomain second = Domains.New(validate: true);
            ReadGuard guard = first.ReadLock();
            RcuReader reader = second.RegisterReader();
            reader.GoOnline();
            Worker.Run(first.Dispose);
            Worker.Run(second.Dispose);
            for (int i = 0; i < 200; i++)
            {
                using RcuDomain domain = Domains.New();
                domain.ReadLock().Dispose();
            }

            GC.Collect();
            // The wait is on purpose; Validate would object to it.
            SynchronizationContext.SetSynchronizationContext(null);
            GC.WaitForPendingFinalizers();
            Assert.True(first.IsReadLockHeld);
            guard.Dispose();
            Assert.False(first.IsReadLockHeld);
            reader.GoOffline();
            reader.Dispose();
        });
    }

    [Fact]
    public void Two_hundred_domains_created_used_and_disposed_leave_no_thread()
    {
        const int Count = 200;
        UseAndDispose();
        int before = ThreadCount();
        for (int i = 0; i < Count; i++)
        {
            UseAndDispose();
        }

        // Threads of the runtime come and go; a thread per domain would make 200.
        Assert.InRange(ThreadCount() - before, -Count, Count / 4);
    }

    [Fact]
    public void A_domain_that_only_reads_and_synchronizes_has_no_thread()
    {
        const int Count = 200;
        int before = ThreadCount();
        RcuDomain[] domains = [.. Enumerable.Range(0, Count).Select(_ => Domains.New())];
        foreach (RcuDomain domain in domains)
        {
            domain.ReadLock().Dispose();
            domain.Synchronize();
            domain.CondSynchronize(domain.GetState());
            domain.Barrier();
        }

        Assert.InRange(ThreadCount() - before, -Count, Count / 4);
        foreach (RcuDomain domain in domains)
        {
            domain.Dispose();
        }
    }

    // Fault caught: a thread's table of registrations, or a static list, that keeps a disposed domain.
    [Fact]
    public void A_disposed_domain_can_be_collected()
    {
        WeakReference[] domains = [.. Enumerable.Range(0, 50).Select(_ => UseAndDispose())];
        Garbage.Collect();
        Assert.InRange(domains.Count(domain => domain.IsAlive), 0, 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference UseAndDispose()
    {
        RcuDomain domain = Domains.New();
        domain.ReadLock().Dispose();
        bool called = false;
        domain.Call(() => Volatile.Write(ref called, true));
        domain.Free(System.Runtime.InteropServices.NativeMemory.Alloc(64));
        GracePeriodState state = domain.StartPoll();
        domain.CondSynchronize(state);
        domain.Dispose();
        Assert.True(Volatile.Read(ref called));
        RcuStatistics books = domain.GetStatistics();
        Assert.Equal(1, books.BlocksFreed);
        Assert.Equal(1, books.CallbacksInvoked);
        Assert.InRange(books.ReaderSlots, 1, 2);
        return new WeakReference(domain);
    }

    private static int ThreadCount()
    {
        using Process process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
