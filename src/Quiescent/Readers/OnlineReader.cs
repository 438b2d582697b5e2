using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Readers;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>
/// A reader that is online for as long as it is open: quiescent-state-based RCU. Its sections are the bare loads, since
/// they have no state to test, and the thread announces when it holds no reference.
/// </summary>
/// <remarks>
/// <para>Take one with <see cref="Rcu.RegisterOnlineReader"/> where a thread reads in a tight loop and has moments at
/// which it surely holds no reference: <c>using OnlineReader reader = Rcu.RegisterOnlineReader();</c>. It cannot go
/// offline, as its sections would not notice: to block, end the block that it is opened in, and open another one
/// afterwards. While it is open, <see cref="RcuReader.GoOffline"/> of the same thread throws.</para>
/// <para>The thread counts as inside a section for everything that waits: <see cref="Rcu.Synchronize"/> and
/// <see cref="Rcu.Barrier"/> throw, a throttled <c>Free</c> does not pause, and all that is freed waits for the next
/// <see cref="QuiescentState"/>. Sections of the thread's other readers and of <see cref="Rcu.ReadLock"/> nest in its
/// own. A thread may hold several; a quiescent state of one is the thread's, and so all of theirs.</para>
/// <para><b>Safety.</b> Sections leave no trace: <see cref="QuiescentState"/> while a reference is live lets its block
/// be freed, and a section opened after <see cref="Dispose"/>, or through a default reader, protects nothing.
/// <see cref="RcuDomainOptions.Validate"/> catches all three.</para>
/// </remarks>
public readonly unsafe ref struct OnlineReader : IDisposable
{
    private readonly ReaderSlot* _slot;
    private readonly ulong _number;

    internal OnlineReader(ReaderSlot* slot)
    {
        _slot = slot;
        _number = ReaderHandles.OpenOnline(slot);
    }

    /// <summary>Opens a section. Costs nothing, and neither does its end. Nests. The compiler lets no section outlive
    /// the reader's variable.</summary>
    /// <returns>The section; dispose of it to end it.</returns>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: this reader was
    /// disposed of.</exception>
    /// <exception cref="ObjectDisposedException">With <see cref="RcuDomainOptions.Validate"/>: the domain is disposed.
    /// Otherwise <see cref="QuiescentState"/> tells.</exception>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public OnlineReadGuard ReadLock()
    {
        // Validate is told by the slot's address, which stays in a register: no section loads anything of its own.
        ReaderSlot* slot = _slot;
        if (ReaderSlot.IsTwin(slot))
        {
            ReaderHandles.OpenFreeSection(slot, _number);
        }

        return new OnlineReadGuard(slot);
    }

    /// <summary>Copies what a protected pointer points to, in a section of its own: no reference leaves it.</summary>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <param name="copy">A copy of the block; the default for a null pointer.</param>
    /// <returns>False for a null pointer.</returns>
    /// <inheritdoc cref="ReadGuard.TryRead{T}(ref readonly RcuPointer{T}, out T)" path="/remarks"/>
    /// <inheritdoc cref="ReadLock" path="/exception"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(scoped ref readonly RcuPointer<T> pointer, out T copy)
        where T : unmanaged
    {
        return ReaderSlot.IsTwin(_slot)
            ? TryReadRecorded(in pointer, out copy)
            : ProtectedLoad.TryCopy(in ProtectedLoad.WordOf(in pointer), out copy);
    }

    /// <summary>
    /// Announces that this thread holds no reference into protected data (<c>rcu_quiescent_state</c>): a few loads and
    /// one store, plus a system call if a thread sleeps until this announcement.
    /// </summary>
    /// <exception cref="InvalidOperationException">Inside a counted section (with Validate: any section), or this
    /// reader was disposed of. Nothing is announced.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed. The announcement is made all the same. Read no
    /// further, and dispose of this reader: the disposal may wait for it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void QuiescentState()
    {
        ReaderSlot* slot = _slot;

        // SAFETY: while this reader is open, the slot and the state are not freed (O5: slot visible before use).
        if (slot != null
            && ((slot->ReaderWord ^ _number) & ~ReaderFlags.FullFence) == ReaderFlags.Online
            && SectionWord.Nesting(slot->Word) == 1
            && slot->State->Closed == 0)
        {
            Section.Announce(slot, slot->State);
            return;
        }

        ReaderHandles.QuiescentStateOfOnline(slot, _number);
    }

    /// <summary>Gives this reader up, and takes the thread offline unless another reader keeps it online. A second call
    /// does nothing.</summary>
    /// <exception cref="InvalidOperationException">The thread would go offline inside a counted section (with Validate:
    /// any section). The reader stays open.</exception>
    public void Dispose()
    {
        if (_slot != null)
        {
            ReaderHandles.CloseOnline(_slot, _number);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadRecorded<T>(scoped ref readonly RcuPointer<T> pointer, out T copy)
        where T : unmanaged
    {
        using OnlineReadGuard guard = ReadLock();
        return guard.TryRead(in pointer, out copy);
    }
}
