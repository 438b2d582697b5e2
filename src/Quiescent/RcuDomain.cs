using System.Runtime.CompilerServices;
using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Resources;

namespace Quiescent;

/// <summary>
/// An RCU domain: readers, grace periods and queues of its own. Its read-side critical sections cost next to nothing,
/// and neither wait nor change threads. Most programs need only the default domain, reached through <see cref="Rcu"/>.
/// </summary>
/// <inheritdoc cref="GracePeriodDomain" path="/remarks"/>
public sealed unsafe class RcuDomain : GracePeriodDomain
{
    /// <summary>A domain with the given options, or the default ones.</summary>
    /// <param name="options">How the domain behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">The process is not a 64-bit one.</exception>
    public RcuDomain(RcuDomainOptions? options = null)
        : this(options, remember: null)
    {
    }

    internal RcuDomain(RcuDomainOptions? options, delegate*<ReaderSlot*, void> remember)
        : base(options, GracePeriodEngine.OverSlots, remember)
    {
    }

    /// <summary>
    /// Opens a read-side critical section (<c>rcu_read_lock</c>): what it dereferences stays until the guard is
    /// disposed. Nests. Registers the thread on its first call. Costs a thread-local look-up and two stores; no lock,
    /// no interlocked instruction.
    /// </summary>
    /// <returns>The section; dispose of it to end it.</returns>
    /// <exception cref="InvalidOperationException">Nested deeper than 65,535.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadGuard ReadLock()
    {
        // SAFETY: this object keeps the slot's memory and the state (O5: slot visible before use).
        if (ThreadRegistrations.Last(out ReaderSlot* slot) != _id)
        {
            return ReadLockBeyondFast();
        }

        return IsReady(slot) ? Enter(slot) : ReadLockBeyondFast(slot);
    }

    /// <summary>Whether this thread is inside a section (<c>rcu_read_lock_held</c>): a counted one, or with
    /// <see cref="RcuDomainOptions.Validate"/> also a free one of an online reader.</summary>
    public bool IsReadLockHeld
    {
        get
        {
            bool isHeld = Section.IsHeld(ThreadRegistrations.Find(_id));
            GC.KeepAlive(this);
            return isHeld;
        }
    }

    /// <summary>Registers a reader on this thread, whose sections need no thread-local look-up.</summary>
    /// <returns>The registered reader; dispose of it on this thread.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public RcuReader RegisterReader()
    {
        RcuReader reader = new(Register());
        GC.KeepAlive(this); // O5: not before the reader is open, which keeps the slot's memory from then on.
        return reader;
    }

    /// <summary>Registers a reader on this thread that is online until it is disposed of: its sections cost nothing,
    /// and grace periods wait for its <see cref="OnlineReader.QuiescentState"/>.</summary>
    /// <returns>The reader; dispose of it on this thread, and before the thread blocks.</returns>
    /// <exception cref="InvalidOperationException">Inside a section, unless online already.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration, or for the
    /// reader; nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public OnlineReader RegisterOnlineReader()
    {
        OnlineReader reader = new(Register());
        GC.KeepAlive(this); // O5: as in RegisterReader.
        return reader;
    }

    /// <inheritdoc cref="Rcu.IsNull{T}"/>
    /// <param name="reference">What <c>Dereference</c> returned.</param>
    /// <returns>True when it stands for null.</returns>
    public bool IsNull<T>(ref readonly T reference) => Unsafe.IsNullRef(in reference);

    internal override SectionCheck CreateSectionCheck() => new(_state);

    // Whether the thread's slot takes an outermost section.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsReady(ReaderSlot* slot)
    {
        bool isReady = slot != null && SectionWord.IsQuiescent(slot->Word) && _state->Closed == 0;
        GC.KeepAlive(this);
        return isReady;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadGuard Enter(ReaderSlot* slot)
    {
        ReadGuard guard = new(slot, Section.Enter(slot, _state));
        GC.KeepAlive(this); // O5: not before the section has begun, which keeps the slot's memory from then on.
        return guard;
    }

    // A thread that uses several domains in turns comes here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadGuard ReadLockBeyondFast()
    {
        ReaderSlot* slot = ThreadRegistrations.FindInTable(_id);
        return IsReady(slot) ? Enter(slot) : ReadLockBeyondFast(slot);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal ReadGuard ReadLockBeyondFast(ReaderSlot* slot)
    {
        ThrowIfClosed();
        if (slot == null)
        {
            slot = Core.Registrar.Register();
        }

        ReadGuard guard = new(slot, Section.EnterBeyondFast(slot, _state));
        GC.KeepAlive(this);
        return guard;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReaderSlot* Register()
    {
        ThrowIfClosed();
        ReaderSlot* slot = Core.Registrar.Register();
        GC.KeepAlive(this);
        return slot;
    }
}
