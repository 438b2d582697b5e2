using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Tests.Callbacks;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Validation;

// A head overwritten while it waits: nothing is called or freed for it, the chain behind it is reclaimed whole, and the
// report names the place where it was queued.
public unsafe class HeadChangedTests
{
    public enum Damage
    {
        Word,
        Link,
        Both,
    }

    public static TheoryData<Damage, int> Cases
    {
        get
        {
            TheoryData<Damage, int> cases = [];
            foreach (Damage damage in Enum.GetValues<Damage>())
            {
                foreach (int victim in (int[])[0, 3, 6])
                {
                    cases.Add(damage, victim);
                }
            }

            return cases;
        }
    }

    // Faults caught: a garbage word that is called, a garbage link that is followed, and lost items that were queued
    // before it.
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_function_head_that_was_overwritten_is_not_called_and_all_others_are(Damage damage, int victim)
    {
        using CallLog log = new();
        using RcuDomain domain = Domains.New(validate: true);
        List<MisuseEventArgs> found = Listen(domain);
        using (new ParkedReader(domain))
        {
            RcuHead*[] heads = new RcuHead*[7];
            for (int i = 0; i < 7; i++)
            {
                heads[i] = log.NewHead(i);
                QueueHere(domain, heads[i]);
            }

            Overwrite(heads[victim], damage);
        }

        RcuStatistics books = RcuAssert.AllReclaimed(domain);
        Assert.Equal(Enumerable.Range(0, 7).Where(i => i != victim).Select(i => (long)i), log.Numbers);
        Assert.Equal((7, 1), (books.CallbacksInvoked, books.Leaked));
        MustNameTheQueueing(found);
    }

    // Fault caught: a block freed at an offset that somebody wrote there.
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_block_whose_head_was_overwritten_leaks_and_all_others_are_freed(Damage damage, int victim)
    {
        using RcuDomain domain = Domains.New(validate: true);
        List<MisuseEventArgs> found = Listen(domain);
        using (new ParkedReader(domain))
        {
            RcuHead*[] heads = new RcuHead*[7];
            for (int i = 0; i < 7; i++)
            {
                RcuHead* head = (RcuHead*)NativeMemory.AllocZeroed(64);
                heads[i] = head;
                FreeHere(domain, head);
            }

            Overwrite(heads[victim], damage);
        }

        RcuStatistics books = RcuAssert.AllReclaimed(domain);
        Assert.Equal((7, 1), (books.BlocksFreed, books.Leaked));
        MustNameTheQueueing(found);
    }

    [Fact]
    public void Heads_that_nobody_touches_are_no_false_alarm()
    {
        using CallLog log = new();
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true, CallbackBatchLimit = 3 });
        List<MisuseEventArgs> found = Listen(domain);
        for (int i = 0; i < 1_000; i++)
        {
            QueueHere(domain, log.NewHead(i));
            FreeHere(domain, (RcuHead*)NativeMemory.AllocZeroed(64));
        }

        Assert.Equal(0, RcuAssert.BooksBalance(domain).Leaked);
        Assert.Equal(1_000, log.Count);
        Assert.Empty(found);
    }

    // The freeing thread finds it, and the reclaimer reports it: nobody waits for this domain.
    [Fact]
    public void It_is_reported_though_nobody_waits()
    {
        using RcuDomain domain = Domains.New(validate: true);
        TaskCompletionSource reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.MisuseFound += (_, _) => reported.TrySetResult();
        using (new ParkedReader(domain))
        {
            RcuHead* head = (RcuHead*)NativeMemory.AllocZeroed(64);
            FreeHere(domain, head);
            Overwrite(head, Damage.Word);
        }

        Until.Done(reported.Task);
    }

    private static List<MisuseEventArgs> Listen(RcuDomain domain)
    {
        List<MisuseEventArgs> found = [];
        domain.MisuseFound += (_, misuse) =>
        {
            lock (found)
            {
                found.Add(misuse);
            }
        };
        return found;
    }

    private static void MustNameTheQueueing(List<MisuseEventArgs> found)
    {
        Until.True(() =>
        {
            lock (found)
            {
                return found.Count == 1;
            }
        });
        Assert.Equal(MisuseKind.HeadChanged, found[0].Misuse);
        Assert.Contains("Here in ", found[0].QueuedAt, StringComparison.Ordinal);
        Sites.MustName(found[0].ToString(), "queued at", "Here", "HeadChangedTests.cs");
    }

    private static void Overwrite(RcuHead* head, Damage damage)
    {
        nint* words = (nint*)head;
        for (int i = 0; i < sizeof(RcuHead) / sizeof(nint); i++)
        {
            bool isLink = (byte*)(words + i) == (byte*)&head->Next;
            if (damage == Damage.Both || isLink == (damage == Damage.Link))
            {
                words[i] = unchecked((nint)0x0123_4567_89AB_CDE8);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void QueueHere(RcuDomain domain, RcuHead* head) => domain.Call(head, &CallLog.Record);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeHere(RcuDomain domain, RcuHead* head) => domain.Free(head, head);

}
