using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

public sealed class TicketTests
{
    private const int Rounds = 20_000;

    private static readonly RcuDomainOptions s_options = new() { Name = "tickets", BacklogPolicy = BacklogPolicy.None };

    // A release that read the number and then stored it would sometimes let two releases count.
    [Fact]
    public void One_of_two_releases_at_one_time_ends_the_section()
    {
        using SrcuDomain domain = new(s_options);
        using Barrier together = new(2);
        SrcuReadLock shared = default;
        int failures = 0;
        Worker other = Worker.Start(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    together.SignalAndWait(CancellationToken.None);
                    TryRelease(shared, ref failures);
                    together.SignalAndWait(CancellationToken.None);
                }
            },
            "other releaser");
        for (int i = 0; i < Rounds; i++)
        {
            shared = domain.ReadLock();
            together.SignalAndWait(CancellationToken.None);
            TryRelease(shared, ref failures);
            together.SignalAndWait(CancellationToken.None);
            Assert.Equal(i + 1, Volatile.Read(ref failures));
            Assert.Equal(0, domain.OpenSections);
        }

        other.Join();
        domain.Synchronize();
    }

    // As soon as the other thread has released the ticket, its thread may use it again, and its next section's place
    // must not be taken for this one's.
    [Fact]
    public void Sections_that_end_on_other_threads_leave_exact_counts()
    {
        using SrcuDomain domain = new(s_options);
        using SrcuDomain next = new(s_options);
        SrcuReadLock handed = default;
        int hasOne = 0;
        Worker other = Worker.Start(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    SpinWait spin = default;
                    while (Volatile.Read(ref hasOne) == 0)
                    {
                        spin.SpinOnce(sleep1Threshold: -1);
                    }

                    handed.Dispose();
                    Volatile.Write(ref hasOne, 0);
                }
            },
            "releaser");
        for (int i = 0; i < Rounds; i++)
        {
            handed = domain.ReadLock();
            Volatile.Write(ref hasOne, 1);
            SpinWait spin = default;
            while (Volatile.Read(ref hasOne) != 0)
            {
                next.ReadLock().Dispose();
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        other.Join();
        Assert.Equal((0, 0), (domain.OpenSections, next.OpenSections));
        domain.Synchronize();
        next.Synchronize();
    }

    [Fact]
    public void Many_sections_open_at_once_are_all_distinct()
    {
        using SrcuDomain domain = new(s_options);
        SrcuReadLock[] sections = [.. Enumerable.Range(0, 1_000).Select(_ => domain.ReadLock())];
        Assert.Equal(sections.Length, domain.OpenSections);
        Assert.Equal(sections.Length, sections.Distinct().Count());
        foreach (SrcuReadLock section in sections)
        {
            section.Dispose();
        }

        Assert.All(sections, section => Assert.Throws<InvalidOperationException>(section.Dispose));
        Assert.Equal(0, domain.OpenSections);
    }

    [Fact]
    public void Sections_allocate_nothing()
    {
        ValidateForAll.SkipIfOn();
        using SrcuDomain domain = new(s_options);
        Nest(domain, 40);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Nest(domain, 40);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_section_outlives_the_thread_that_began_it()
    {
        using SrcuDomain domain = new(s_options);
        for (int i = 0; i < 200; i++)
        {
            SrcuReadLock section = default;
            Worker.Start(() => section = domain.ReadLock(), "short-lived").Join();
            Assert.False(domain.Poll(domain.StartPoll()));
            section.Dispose();
            Assert.Throws<InvalidOperationException>(section.Dispose);
        }

        domain.Synchronize();
    }

    [Fact]
    public void A_section_still_open_when_its_domain_is_disposed_of_ends_harmlessly()
    {
        SrcuDomain domain = new(s_options);
        SrcuReadLock section = domain.ReadLock();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => domain.ReadLock());
        section.Dispose();
        Assert.Throws<InvalidOperationException>(section.Dispose);
    }

    // With a free ticket at hand, where the fast path does not look further.
    [Fact]
    public void A_closed_domain_opens_no_section()
    {
        SrcuDomain domain = new(s_options);
        domain.ReadLock().Dispose();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => domain.ReadLock());
        Assert.Equal(0, domain.OpenSections);
    }

    // Neither order holds the other up: each domain has counters of its own.
    [Fact]
    public async Task Domains_nest_in_any_order()
    {
        using SrcuDomain outer = new(s_options);
        using SrcuDomain inner = new(s_options);
        SrcuReadLock first = outer.ReadLock();
        await Task.Yield();
        await using (inner.ReadLock())
        {
            await Task.Yield();
        }

        inner.Synchronize();
        SrcuReadLock second = inner.ReadLock();
        first.Dispose();
        outer.Synchronize();
        second.Dispose();
        inner.Synchronize();
    }

    private static void Nest(SrcuDomain domain, int depth)
    {
        if (depth != 0)
        {
            using SrcuReadLock section = domain.ReadLock();
            Nest(domain, depth - 1);
        }
    }

    private static void TryRelease(SrcuReadLock section, ref int failures)
    {
        try
        {
            section.Dispose();
        }
        catch (InvalidOperationException)
        {
            Interlocked.Increment(ref failures);
        }
    }
}
