using System.Runtime.CompilerServices;
using Quiescent.Readers;

namespace Quiescent;

/// <summary>
/// One thread's place in a domain, kept in a variable: its sections need no thread-local look-up. In quiescent-state
/// mode (the classic read side) they cost nothing at all, and the thread announces when it holds no reference.
/// </summary>
/// <remarks>
/// <para>Take one with <see cref="Rcu.RegisterReader"/> where a thread opens many sections, as a loop does. A thread
/// may hold several. Their sections and those of <see cref="Rcu.ReadLock"/> nest in each other, and all of a thread's
/// readers are online or offline together.</para>
/// <para>An online thread counts as inside a section for everything that waits: <see cref="Rcu.Synchronize"/> and
/// <see cref="Rcu.Barrier"/> throw, and a throttled <c>Free</c> does not pause. Go offline before blocking.</para>
/// <para><b>Safety.</b> An online thread's sections leave no trace: <see cref="QuiescentState"/> while a reference is
/// live lets its block be freed. <see cref="RcuDomainOptions.Validate"/> catches it.</para>
/// </remarks>
public unsafe ref struct RcuReader : IDisposable
{
    private readonly ReaderSlot* _slot;
    private readonly ulong _number;

    internal RcuReader(ReaderSlot* slot)
    {
        _slot = slot;
        _number = ReaderHandles.Open(slot);
    }

    /// <summary>Opens a section: two stores with its end, and none while online. Nests.</summary>
    /// <returns>The section; dispose of it to end it.</returns>
    /// <exception cref="InvalidOperationException">This reader was disposed of, or sections are nested deeper than
    /// 65,535.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ReadGuard ReadLock()
    {
        ReaderSlot* slot = _slot;
        if (slot != null)
        {
            // SAFETY: while this reader is open, the slot and the state are not freed (O5).
            DomainState* state = slot->State;
            ulong current = slot->ReaderWord;
            if (current == _number && SectionWord.IsQuiescent(slot->Word) && state->Closed == 0)
            {
                return new ReadGuard(slot, Section.Announce(slot, state));
            }

            if ((current & ~ReaderFlags.FullFence) == (_number | ReaderFlags.Online) && state->Closed == 0)
            {
                return ReadGuard.OfFreeSection(state);
            }

            if (current == (_number | ReaderFlags.FullFence)
                && SectionWord.IsQuiescent(slot->Word)
                && state->Closed == 0)
            {
                return new ReadGuard(slot, Section.Enter(slot, state));
            }
        }

        return ReadLockBeyondFast(slot, _number);
    }

    /// <summary>Copies what a protected pointer points to, in a section of its own: no reference leaves it.</summary>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <param name="copy">A copy of the block; the default for a null pointer.</param>
    /// <returns>False for a null pointer.</returns>
    /// <inheritdoc cref="ReadGuard.TryRead{T}(ref readonly RcuPointer{T}, out T)" path="/remarks"/>
    /// <inheritdoc cref="ReadLock" path="/exception"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryRead<T>(scoped ref readonly RcuPointer<T> pointer, out T copy)
        where T : unmanaged
    {
        using ReadGuard guard = ReadLock();
        return guard.TryRead(in pointer, out copy);
    }

    /// <summary>
    /// Enters quiescent-state mode (<c>rcu_thread_online</c>): from here grace periods wait for this thread's next
    /// <see cref="QuiescentState"/> or <see cref="GoOffline"/>. Does nothing when online already.
    /// </summary>
    /// <exception cref="InvalidOperationException">Inside a section, unless online already; or this reader was disposed
    /// of.</exception>
    public readonly void GoOnline() => ReaderHandles.GoOnline(_slot, _number);

    /// <summary>
    /// Announces that this thread holds no reference into protected data (<c>rcu_quiescent_state</c>): one load and one
    /// store, plus a system call if a thread sleeps until this announcement. Outside of sections it does nothing while
    /// offline.
    /// </summary>
    /// <exception cref="InvalidOperationException">Inside a counted section, online or offline (with Validate: any
    /// section), or this reader was disposed of. The slot is unchanged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void QuiescentState()
    {
        ReaderSlot* slot = _slot;

        // SAFETY: as in ReadLock.
        if (slot != null
            && ((slot->ReaderWord ^ _number) & ~ReaderFlags.FullFence) == ReaderFlags.Online
            && SectionWord.Nesting(slot->Word) == 1)
        {
            Section.Announce(slot, slot->State);
            return;
        }

        ReaderHandles.QuiescentStateBeyondFast(slot, _number);
    }

    /// <summary>Leaves quiescent-state mode (<c>rcu_thread_offline</c>). Outside of sections it does nothing while
    /// offline.</summary>
    /// <exception cref="InvalidOperationException">Inside a counted section, online or offline (with Validate: any
    /// section), while the thread has an <see cref="OnlineReader"/>, or this reader was disposed of. The slot is
    /// unchanged.</exception>
    public readonly void GoOffline() => ReaderHandles.GoOffline(_slot, _number);

    /// <summary>Gives this reader up; giving up the thread's last one takes the thread offline. A second call does
    /// nothing.</summary>
    /// <exception cref="InvalidOperationException">The thread is online, inside a counted section, and this is its last
    /// reader.</exception>
    public readonly void Dispose()
    {
        if (_slot != null)
        {
            ReaderHandles.Close(_slot, _number);
        }
    }

    // Returned in registers: an out parameter would cost every caller a stack slot, cleared on entry.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard ReadLockBeyondFast(ReaderSlot* slot, ulong number)
    {
        // SAFETY: as in ReadLock: the words of a reader that is online keep the slot.
        if (slot != null && ReaderHandles.IsAwaited(slot, number) && slot->State->Closed == 0)
        {
            return ReadGuard.OfFreeSection(slot->State); // Free as ever: only the next quiescent state matters.
        }

        ReaderSlot* entered = ReaderHandles.EnterBeyondFast(slot, number, out ulong word);
        return new ReadGuard(entered, word);
    }
}
