using System.Runtime.CompilerServices;
using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Resources;
using Quiescent.Sleepable;

namespace Quiescent;

/// <summary>
/// A sleepable RCU domain (<c>srcu_struct</c>): its read-side critical sections may wait and <c>await</c>, and may end
/// on another thread than they began on. The end of a section costs an interlocked instruction, so <see
/// cref="RcuDomain"/> is the better choice for sections that do neither.
/// </summary>
/// <inheritdoc cref="GracePeriodDomain" path="/remarks"/>
/// <remarks>
/// <para>Domains nest in each other in any order. A section holds up the grace periods of its own domain alone, so give
/// long sections a domain of their own.</para>
/// <para>Each thread that begins sections registers in the domain, which takes a kilobyte, 256 bytes of it for four
/// sections open at the same time. For more it keeps up to 128 bytes for each that it ever had open at the same time,
/// until the domain is gone. A grace period looks at all of them.</para>
/// <para><b>Safety.</b> Unlike those of <see cref="RcuDomain"/>, these sections belong to no thread: a wait for this
/// domain inside one of its own sections is not recognised and waits for itself. The stall report names it.</para>
/// </remarks>
public sealed unsafe class SrcuDomain : GracePeriodDomain
{
    /// <summary>A domain with the given options, or the default ones. <see cref="BacklogPolicy.Block"/> counts as <see
    /// cref="BacklogPolicy.Throttle"/>.</summary>
    /// <param name="options">How the domain behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The process is not a 64-bit one.</exception>
    public SrcuDomain(RcuDomainOptions? options = null)
        : base(WithoutBlocking(options), GracePeriodEngine.Over<TicketSections>, remember: null)
    {
    }

    /// <summary>Roughly how many sections have begun and not ended: those that come and go meanwhile may or may not be
    /// counted. Looks at the records of all threads.</summary>
    public long OpenSections
    {
        get
        {
            long open = Core.Engine.OpenSections ?? 0;
            GC.KeepAlive(this); // The slots go with the domain.
            return open;
        }
    }

    /// <summary>
    /// Opens a read-side critical section (<c>srcu_read_lock</c>, <c>srcu_down_read</c>): what it dereferences stays
    /// until the lock is disposed of, on whichever thread. Nests, also in other domains' sections. Registers the thread
    /// on its first call. Costs a thread-local look-up and two stores, and its end an interlocked compare-exchange;
    /// takes a lock only to register, and for more sections open at the same time.
    /// </summary>
    /// <returns>The section; dispose of it to end it.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration, or to record the
    /// section.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SrcuReadLock ReadLock()
    {
        // SAFETY: this object keeps the slot's memory and the state (O5: slot visible before use).
        return ThreadRegistrations.Last(out ReaderSlot* slot) == _id && IsReady(slot)
            ? Enter(slot)
            : ReadLockBeyondFast();
    }

    /// <summary>Ends a section (<c>srcu_read_unlock</c>), as <see cref="SrcuReadLock.Dispose"/> does; for code that
    /// wants the domain checked.</summary>
    /// <param name="readLock">The lock that <see cref="ReadLock"/> returned.</param>
    /// <exception cref="ArgumentException">The lock is another domain's; it stays as it was.</exception>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    public void ReadUnlock(SrcuReadLock readLock)
    {
        if (readLock.IsOfAnother(_id))
        {
            throw new ArgumentException("The lock was taken in another domain, and stays as it was.", nameof(readLock));
        }

        readLock.Dispose();
    }

    internal override SectionCheck CreateSectionCheck() => new(_id);

    // The domain does not know whether the freeing thread is inside a section; inside one, Block would wait for ever.
    private static RcuDomainOptions? WithoutBlocking(RcuDomainOptions? options) =>
        options is { BacklogPolicy: BacklogPolicy.Block }
            ? options with { BacklogPolicy = BacklogPolicy.Throttle }
            : options;

    // Whether a ticket of the thread's slot is at hand.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsReady(ReaderSlot* slot)
    {
        bool isReady = slot != null && !Ticket.IsOpen(slot->Ticket) && _state->Closed == 0;
        GC.KeepAlive(this);
        return isReady;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SrcuReadLock Enter(ReaderSlot* slot)
    {
        SrcuReadLock section = new(slot->Ticket, SleepableSection.Enter(slot->Ticket, slot, _state));
        GC.KeepAlive(this); // O5: no earlier than this. From here on the section needs its ticket alone.
        return section;
    }

    // A thread that uses several domains in turns comes here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private SrcuReadLock ReadLockBeyondFast()
    {
        ReaderSlot* slot = ThreadRegistrations.FindInTable(_id);
        return IsReady(slot) ? Enter(slot) : RegisterAndLock();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private SrcuReadLock RegisterAndLock()
    {
        ThrowIfClosed();
        ReaderSlot* slot = ReaderSlot.Untwinned(Core.Registrar.Register());
        Ticket* ticket = SlotTickets.Prepare(slot, _id);
        SrcuReadLock section = Options.Validate
            ? EnterRecorded(ticket, slot)
            : new SrcuReadLock(ticket, SleepableSection.Enter(ticket, slot, _state));
        GC.KeepAlive(this);
        return section;
    }

    private SrcuReadLock EnterRecorded(Ticket* ticket, ReaderSlot* slot)
    {
        ulong number = ticket->Number + 1;
        SectionSites.OfProcess.Open(ticket, number);
        while (ticket->Number + 1 != number)
        {
            // A first-chance handler ran meanwhile, and has used the ticket.
            ticket = SlotTickets.Prepare(slot, _id);
            number = ticket->Number + 1;
            SectionSites.OfProcess.Open(ticket, number);
        }

        SleepableSection.EnterRecorded(ticket, number, slot, _state);
        GC.KeepAlive(this);
        return new SrcuReadLock(ticket, number);
    }
}
