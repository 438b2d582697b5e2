using System.Runtime.CompilerServices;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

public sealed class StallIdentityTests
{
    private static readonly RcuDomainOptions s_options =
        new() { Name = "sleepable", BacklogPolicy = BacklogPolicy.None, StallTimeout = TimeSpan.FromMilliseconds(20) };

    // The runtime gives an ended thread's managed id to a new thread once the old one's object is collected.
    [Fact]
    public async Task A_section_left_by_an_ended_thread_is_not_blamed_on_a_later_thread_with_its_id()
    {
        using SrcuDomain domain = new(s_options);
        (SrcuReadLock section, int id) = Leave(domain);
        TaskCompletionSource<StallEventArgs> stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.Stalled += (_, e) => stalled.TrySetResult(e);
        using ManualResetEventSlim done = new();
        List<Worker> later = [];
        try
        {
            for (int i = 0; i < 64 && !later.Exists(worker => worker.Thread.ManagedThreadId == id); i++)
            {
                later.Add(StartReader(domain, done));
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            ValueTask passed = domain.SynchronizeAsync(TestContext.Current.CancellationToken);
            StallEventArgs stall = await stalled.Task.WaitAsync(Until.Bound, TestContext.Current.CancellationToken);
            Assert.Equal(("forgetful", id), (stall.ThreadName, stall.ManagedThreadId));
            section.Dispose();
            await passed;
        }
        finally
        {
            done.Set();
            Worker.JoinAll(later);
        }
    }

    // Fault caught: a report that counts and names only the thread at which the scan stopped.
    [Fact]
    public async Task The_sections_of_all_threads_are_counted_and_the_oldest_one_s_thread_is_named()
    {
        using SrcuDomain domain = new(s_options with { Validate = true });
        List<SrcuReadLock> sections = [];
        using ManualResetEventSlim isLeaked = new();
        using ManualResetEventSlim hasRegistered = new();
        using Worker late = Worker.Start(
            () =>
            {
                domain.ReadLock().Dispose();
                hasRegistered.Set();
                Until.Set(isLeaked);
                sections.Add(domain.ReadLock());
            },
            "late");
        Until.Set(hasRegistered);
        Worker.Run(() => sections.AddRange([domain.ReadLock(), domain.ReadLock(), domain.ReadLock()]), "leaking");
        isLeaked.Set();
        late.Join();
        TaskCompletionSource<StallEventArgs> stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.Stalled += (_, e) => stalled.TrySetResult(e);
        ValueTask passed = domain.SynchronizeAsync(TestContext.Current.CancellationToken);
        StallEventArgs stall = await stalled.Task.WaitAsync(Until.Bound, TestContext.Current.CancellationToken);
        Assert.Equal(("leaking", 4), (stall.ThreadName, stall.OpenSections));
        sections.ForEach(static section => section.Dispose());
        await passed;
    }

    // Fault caught: a reader is named for a grace period that has ended meanwhile, for want of a lock.
    [Fact]
    public void A_reader_that_has_left_while_it_was_being_named_is_not_named()
    {
        using SrcuDomain domain = new(s_options);
        GracePeriodEngine engine = domain.Core.Engine;
        SrcuReadLock first = domain.ReadLock();
        SrcuReadLock second = default;
        Assert.False(engine.TryAdvance(engine.NextTarget()));
        FaultInjection.Decide = site =>
        {
            if (site == FaultSite.Report)
            {
                FaultInjection.Decide = null;
                first.Dispose();
                Assert.True(engine.TryAdvance(engine.NextTarget() - SectionWord.SequenceStep));
                second = domain.ReadLock();
                Assert.False(engine.TryAdvance(engine.NextTarget()));
            }

            return false;
        };
        try
        {
            Assert.False(engine.TryFindStalled(long.MaxValue, out _));
            Assert.Null(FaultInjection.Decide);
            Assert.True(engine.TryFindStalled(long.MaxValue, out StalledGracePeriod stalled));
            Assert.Equal(2, stalled.Number);
        }
        finally
        {
            FaultInjection.Decide = null;
            second.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (SrcuReadLock Section, int Id) Leave(SrcuDomain domain)
    {
        (SrcuReadLock Section, int Id) left = default;
        Worker.Run(() => left = (domain.ReadLock(), Environment.CurrentManagedThreadId), "forgetful");
        return left;
    }

    private static Worker StartReader(SrcuDomain domain, ManualResetEventSlim done)
    {
        using ManualResetEventSlim hasRead = new();
        Worker worker = Worker.Start(
            () =>
            {
                domain.ReadLock().Dispose();
                hasRead.Set();
                Until.Set(done);
            },
            "innocent");
        Until.Set(hasRead);
        return worker;
    }
}
