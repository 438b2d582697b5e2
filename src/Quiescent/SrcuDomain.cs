using System.Runtime.CompilerServices;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Resources;
using Quiescent.Sleepable;

namespace Quiescent;

/// <summary>
/// A sleepable RCU domain (<c>srcu_struct</c>): its read-side critical sections may wait and <c>await</c>, and may end
/// on another thread than they began on. A section costs three interlocked instructions, so <see cref="RcuDomain"/> is
/// the better choice for sections that do neither.
/// </summary>
/// <inheritdoc cref="GracePeriodDomain" path="/remarks"/>
/// <remarks>
/// <para>Domains nest in each other in any order. A section holds up the grace periods of its own domain alone, so give
/// long sections a domain of their own.</para>
/// <para><b>Safety.</b> Unlike those of <see cref="RcuDomain"/>, these sections belong to no thread: a wait for this
/// domain inside one of its own sections is not recognised and waits for itself. The stall report names it.</para>
/// </remarks>
public sealed unsafe class SrcuDomain : GracePeriodDomain
{
    private readonly Stripes _stripes;
    private readonly int _mask;
    private nint _open; // The counters; 0 once closed, and under Validate, so each section takes the slow path.

    /// <summary>A domain with the given options, or the default ones. <see cref="RcuDomainOptions.ReadSideBarrier"/>
    /// makes no difference: sections fence by themselves. <see cref="BacklogPolicy.Block"/> counts as <see
    /// cref="BacklogPolicy.Throttle"/>.</summary>
    /// <param name="options">How the domain behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The process is not a 64-bit one.</exception>
    public SrcuDomain(RcuDomainOptions? options = null)
        : this(options, new Stripes())
    {
    }

    private SrcuDomain(RcuDomainOptions? options, Stripes stripes)
        : base(
            WithoutBlocking(options),
            slots => new GracePeriodEngine(
                slots, new DeadReaders(slots), new StripeScan(stripes, TicketStore.OfProcess)),
            null)
    {
        stripes.BelongTo(Core);
        _stripes = stripes;
        _mask = stripes.Mask;
        _open = Options.Validate ? 0 : (nint)stripes.Memory;
    }

    /// <summary>Roughly how many sections have begun and not ended: those that come and go meanwhile may count or
    /// not.</summary>
    public long OpenSections
    {
        get
        {
            long open = _stripes.OpenSections;
            GC.KeepAlive(this); // The counters go with the domain.
            return open;
        }
    }

    /// <summary>
    /// Opens a read-side critical section (<c>srcu_read_lock</c>, <c>srcu_down_read</c>): what it dereferences stays
    /// until the lock is disposed of, on whichever thread. Nests, also in other domains' sections. Costs an interlocked
    /// increment, and its end an interlocked compare-exchange and increment; takes no lock except for the thread's
    /// first sections, or when more are open at once than ever before.
    /// </summary>
    /// <returns>The section; dispose of it to end it.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory to record the section.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SrcuReadLock ReadLock()
    {
        byte* stripes = (byte*)_open;
        ThreadTickets* tickets = TicketsOfThisThread.Tickets;

        // SAFETY: the tickets are this thread's.
        if (stripes != null && tickets != null && !Ticket.IsOpen(tickets->Current) && --tickets->UntilLook >= 0)
        {
            return Enter(stripes, tickets);
        }

        return ReadLockBeyondFast();
    }

    /// <summary>Ends a section (<c>srcu_read_unlock</c>), as <see cref="SrcuReadLock.Dispose"/> does; for code that
    /// wants the domain checked.</summary>
    /// <param name="readLock">The lock that <see cref="ReadLock"/> returned.</param>
    /// <exception cref="ArgumentException">The lock is another domain's; it stays as it was.</exception>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    public void ReadUnlock(SrcuReadLock readLock)
    {
        if (readLock.IsOfAnother(_stripes))
        {
            throw new ArgumentException("The lock was taken in another domain, and stays as it was.", nameof(readLock));
        }

        readLock.Dispose();
    }

    internal override SectionCheck CreateSectionCheck() => new(_stripes);

    private protected override void CloseReaders() => Order.Release(ref _open, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SrcuReadLock Enter(byte* stripes, ThreadTickets* tickets)
    {
        Ticket* ticket = tickets->Current;
        ulong number = SleepableSection.Enter(
            ticket, Stripes.Counts(stripes, tickets->Processor & _mask, Stripes.Index(stripes)));
        GC.KeepAlive(this); // Not before: the counters go with the domain, unless a section is open.
        return new SrcuReadLock(ticket, number);
    }

    // The domain does not know whether the freeing thread is inside a section; inside one, Block would wait for ever.
    private static RcuDomainOptions? WithoutBlocking(RcuDomainOptions? options) =>
        options is { BacklogPolicy: BacklogPolicy.Block }
            ? options with { BacklogPolicy = BacklogPolicy.Throttle }
            : options;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private SrcuReadLock ReadLockBeyondFast()
    {
        ThrowIfClosed();
        ThreadTickets* tickets = TicketStore.OfProcess.Prepare();
        if (!Options.Validate)
        {
            return Enter(_stripes.Memory, tickets);
        }

        Ticket* ticket = tickets->Current;
        byte* stripes = _stripes.Memory;
        ulong number = SleepableSection.EnterRecorded(
            ticket, Stripes.Counts(stripes, tickets->Processor & _mask, Stripes.Index(stripes)));
        GC.KeepAlive(this);
        return new SrcuReadLock(ticket, number);
    }
}
