using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent;

public sealed unsafe partial class RcuDomain
{
    /// <summary>
    /// Opens a read-side critical section (<c>rcu_read_lock</c>): what it dereferences stays until the guard is disposed. Nests.
    /// Registers the thread on its first call. Costs a thread-local look-up and two stores; no lock, no interlocked instruction.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nested deeper than 65,535.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadGuard ReadLock()
    {
        // SAFETY: the thread's registration keeps the slot's memory (O5), this object the words'.
        if (ThreadRegistrations.Last(out ReaderSlot* slot) == _id
            && slot != null
            && SectionWord.IsQuiescent(slot->Word)
            && _words->Closed == 0)
        {
            ulong word = Section.Announce(slot, _words);
            if ((slot->HandleWord & HandleWords.FullFence) != 0)
            {
                Order.Fence(); // [A] under Full.
            }

            return new ReadGuard(slot, word);
        }

        return ReadLockBeyondFast();
    }

    /// <summary>Whether this thread is inside a section (<c>rcu_read_lock_held</c>): a counted one, or with
    /// <see cref="RcuDomainOptions.Validate"/> also a free one of an online reader.</summary>
    public bool IsReadLockHeld => Section.IsHeld(ThreadRegistrations.Find(_id));

    /// <summary>A handle on this thread's slot, whose sections need no thread-local look-up.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the thread's first registration.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public RcuReader RegisterReader() => new(Register());

    /// <inheritdoc cref="Rcu.IsNull{T}"/>
    public bool IsNull<T>(ref readonly T reference) => Unsafe.IsNullRef(in reference);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadGuard ReadLockBeyondFast() => ReadLockBeyondFast(ThreadRegistrations.Find(_id));

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal ReadGuard ReadLockBeyondFast(ReaderSlot* slot)
    {
        ThrowIfClosed();
        if (slot == null)
        {
            slot = _registrar.Register();
        }

        return new ReadGuard(slot, Section.EnterBeyondFast(slot, _words));
    }
}
