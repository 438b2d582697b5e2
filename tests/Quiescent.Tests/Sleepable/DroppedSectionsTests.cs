using System.Runtime.CompilerServices;
using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

// Sections that are open when the program drops their domain: they keep nothing but their tickets.
public sealed unsafe class DroppedSectionsTests
{
    // Faults caught: memory that a release needs is freed; a ticket given to another domain while the section is open.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_section_outlives_its_dropped_domain_and_ends_once(bool validate)
    {
        const int Sections = 1_000;
        SrcuReadLock section = EnterAndDrop(validate, out SlotOwner owner);
        Until.True(() =>
        {
            Garbage.Collect();
            return owner.IsFreed;
        });

        // These take all tickets that the process has to give.
        using SrcuDomain next = new();
        SrcuReadLock[] others = [.. Enumerable.Range(0, Sections).Select(_ => next.ReadLock())];
        Assert.Equal(Sections, next.OpenSections);
        Assert.DoesNotContain(section, others);
        Assert.Throws<ArgumentException>(() => next.ReadUnlock(section));
        Worker.Run(section.Dispose);
        Assert.Throws<InvalidOperationException>(section.Dispose);
        Assert.Throws<InvalidOperationException>(() => next.ReadUnlock(section));
        Assert.Equal(Sections, next.OpenSections);
        Array.ForEach(others, other => other.Dispose());
        next.Synchronize();
    }

    // Fault caught: tickets lost, 64 bytes for each section that was ever open at once, with each dropped domain.
    [Fact]
    public void A_dropped_domain_s_tickets_go_to_others()
    {
        SrcuReadLock section = EnterAndDrop(validate: false, out SlotOwner owner);
        nint ticket = (nint)TicketOf(ref section);
        section.Dispose();
        Until.True(() =>
        {
            Garbage.Collect();
            return owner.IsFreed;
        });
        Ticket* taken = null;
        bool isFound = false;
        for (int i = 0; i < 100_000 && !isFound; i++)
        {
            Ticket* next = TicketStore.OfProcess.Take();
            next->Next = taken;
            taken = next;
            isFound = (nint)next == ticket;
        }

        TicketStore.OfProcess.GiveBack(taken);
        Assert.True(isFound);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SrcuReadLock EnterAndDrop(bool validate, out SlotOwner owner)
    {
        SrcuDomain domain = new(new RcuDomainOptions { Validate = validate });
        SrcuReadLock section = domain.ReadLock();
        owner = ThreadRegistrations.OwnerOf(ThreadRegistrations.Find(domain.Core.Id));
        return section;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_ticket")]
    private static extern ref Ticket* TicketOf(ref SrcuReadLock section);
}
