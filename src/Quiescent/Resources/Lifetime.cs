using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent.Resources;

// Decides when to release a resource that readers use inside their sections, without counting themselves in or out.
//
//              Close             a grace period later
//      Open ───────────► Closing ─────────────────────► Released
//                           │                              ▲
//                           │ a use                        │ another one later
//                           ▼      a grace period later    │
//                         Used ─────────────────────────► Shut
//
// Why it is right:
//
// L1 (not used after its release)  Nothing unlinks the resource except its own state. A use is a load of the state
//     inside a section. Outcomes, by what it finds:
//       - Open: the grace period after Close waits for this section, by O1 (announced before read). The state is what
//         is unlinked; O3 (unlinked before started) holds between its exchange in Close and the stamp of the head.
//       - Closing: that grace period may not wait for this section, which may have begun later. So the use changes the
//         state to Used, and the first grace period does not release.
//       - Used: another section changed it. The second grace period begins only after Used has become Shut, so after
//         this load, and waits for this section too.
//     The steps from Closing are compare-exchanges: of Closing to Used and Closing to Released, one succeeds.
// L2 (a reader from before the close may go on)  A reader whose section began before Close can use the resource to its
//     end: Shut comes a grace period after Close. Where readers find the resource through something published, which is
//     unlinked before Close, Closing means the same as Open, and nothing is made Used.
// L3 (two grace periods at most)  A release comes at most two grace periods after Close, whatever readers do: a use
//     that finds Shut or Released throws.
// L4 (released once)  The thread that gives up the last hold releases the resource. The owner's hold ends with the
//     grace periods, a pin's with the pin.
// L5 (closing cannot fail)  The head is made with the resource. The head's handle keeps this object and the domain
//     alive, so that they are not finalized before the resource, but nothing that the user holds. Once the domain is
//     disposed of, a thread of the pool waits for the readers instead of the reclaimer.
// L6 (bytes counted once)  Close adds the bytes before it queues the head, once, by its exchange. The head's last run
//     takes them off. What is still pinned then waits for its pins, not for readers, and is not counted.
//
// Checked by: lifetime.pml; LifetimeTests, ClosingTests, DroppedTests, MemoryTests; systematic LifetimeTests; mutants
// L1, L4, L5.
internal sealed unsafe class Lifetime : ManagedCallback
{
    private const int Open = 0;
    private const int Closing = 1;
    private const int Used = 2;
    private const int Shut = 3;
    private const int Released = 4;

    // What _holds adds up: the owner's hold, once, and each pin's. They have different values, so that one Unpin too
    // many cannot end the owner's hold.
    private const int OwnersHold = 1;
    private const int PinsHold = 2;

    private readonly RcuHead* _head;
    private readonly bool _isPublished;
    private readonly long _bytes;
    private IReleasable? _resource;
    private int _state;
    private int _holds = OwnersHold;

    /// <summary>A lifetime that ends with the resource's release.</summary>
    /// <param name="core">The domain whose readers use the resource.</param>
    /// <param name="resource">The resource, kept until its release. Null: <see cref="Close"/> names it.</param>
    /// <param name="isPublished">Whether readers find it through something that is unlinked before
    /// <see cref="Close"/>.</param>
    /// <param name="bytes">How much memory the release gives back; 0: unknown.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for the head.</exception>
    public Lifetime(DomainCore core, IReleasable? resource, bool isPublished, long bytes = 0)
    {
        _isPublished = isPublished;
        _bytes = bytes;
        Core = core;
        _resource = resource;
        _head = CreateHead(this);
    }

    public DomainCore Core { get; }

    public override string Name => _resource?.ReleaseName ?? nameof(Lifetime);

    /// <summary>Inside a section: the resource can be used until the section's end.</summary>
    /// <exception cref="ObjectDisposedException">It was closed before the section began.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Use()
    {
        if (Order.Acquire(in _state) != Open)
        {
            UseBeyondFast();
        }
    }

    /// <summary>As <see cref="Use"/>, for a published resource that the caller found in another way than through its
    /// publication.</summary>
    /// <inheritdoc cref="Use" path="/exception"/>
    public void UseUnlinked()
    {
        if (Order.CompareExchange(ref _state, Used, Closing) is not (Open or Closing or Used))
        {
            ThrowReleased();
        }
    }

    /// <summary>Closes the resource, to be released when its readers are gone; a second call does nothing. Cannot
    /// fail.</summary>
    /// <param name="resource">The resource, if the constructor did not name it.</param>
    /// <param name="isFinalizing">Whether a finalizer calls. It must not wait for readers, as other callers may have to
    /// above the backlog limit.</param>
    public void Close(IReleasable? resource = null, bool isFinalizing = false)
    {
        if (Order.CompareExchange(ref _state, Closing, Open) == Open)
        {
            _resource ??= resource;
            Core.Backlog.Bytes.Hold(_bytes); // L6
            Core.QueueRelease(_head, isFinalizing);
            if (!isFinalizing)
            {
                Core.BackPressure.ApplyToHeld(_bytes);
            }
        }
    }

    /// <summary>Keeps the resource beyond the section, until <see cref="Unhold"/>.</summary>
    /// <exception cref="ObjectDisposedException">It has been released.</exception>
    public void Hold()
    {
        int holds = Order.Acquire(in _holds);
        while (holds != 0)
        {
            int seen = Order.CompareExchange(ref _holds, holds + PinsHold, holds);
            if (seen == holds)
            {
                return;
            }

            holds = seen;
        }

        ThrowReleased();
    }

    /// <exception cref="InvalidOperationException">No <see cref="Hold"/> is left to undo.</exception>
    public void Unhold()
    {
        int holds = Order.Acquire(in _holds);
        while (holds >= PinsHold)
        {
            int seen = Order.CompareExchange(ref _holds, holds - PinsHold, holds);
            if (seen == holds)
            {
                ReleaseIf(holds == PinsHold);
                return;
            }

            holds = seen;
        }

        throw new InvalidOperationException(
            "The memory is not pinned: it was unpinned more often than pinned, perhaps through a copy.");
    }

    // Runs a grace period after Close, or another one after Shut.
    protected override void RunExpired(RcuHead* head)
    {
        if (Order.CompareExchange(ref _state, Released, Closing) == Used)
        {
            Order.Release(ref _state, Shut);
            Core.QueueRelease(head);
            return;
        }

        Order.Release(ref _state, Released);
        base.RunExpired(head);
    }

    protected override void Run()
    {
        try
        {
            ReleaseIf(Order.Add(ref _holds, -OwnersHold) == 0);
        }
        finally
        {
            Core.Backlog.Bytes.Hold(-_bytes); // L6
        }
    }

    private void ReleaseIf(bool isLastHold)
    {
        if (isLastHold)
        {
            IReleasable resource = _resource!;
            _resource = null;
            resource.Release();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void UseBeyondFast()
    {
        if (!_isPublished)
        {
            UseUnlinked();
        }
        else if (Order.Acquire(in _state) is not (Closing or Used))
        {
            ThrowReleased();
        }
    }

    [DoesNotReturn]
    private static void ThrowReleased() =>
        throw new ObjectDisposedException(null, "The resource was closed before this section began.");
}
