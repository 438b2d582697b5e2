using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>
/// A read-side critical section (<c>rcu_read_lock</c> … <c>rcu_read_unlock</c>), open until it is disposed:
/// <c>using var guard = Rcu.ReadLock();</c>. What it dereferences is not freed before it ends.
/// </summary>
/// <remarks>
/// <para>The compiler enforces the section's rules: a reference from
/// <see cref="Dereference{T}(ref readonly RcuPointer{T})"/> cannot outlive the guard's variable, and the guard can
/// neither cross an <c>await</c> or <c>yield</c> nor be stored, boxed or captured. In an <c>unsafe</c> context the
/// compiler only warns of some of this; the package makes these warnings errors (CS9080, CS9082, CS9085, CS9087, CS9091
/// and CS9193).</para>
/// <para><b>Safety.</b> The compiler does not see: a reference used after an explicit <see cref="Dispose"/>;
/// <c>default(ReadGuard)</c>, which protects nothing; a section opened in an expression and never disposed; an
/// <see cref="RcuPointer{T}"/> copied out of its section. Keep sections short: everything that is freed meanwhile
/// waits.</para>
/// </remarks>
public unsafe ref struct ReadGuard : IDisposable
{
    // Two words at most: `using` is a try/finally, so each field is spilled to the stack.
    private readonly ReaderSlot* _slot; // Null in a free section.
    private readonly ulong _word; // In a free section the address of the DomainState.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ReadGuard(ReaderSlot* slot, ulong word)
    {
        _slot = slot;
        _word = word;
    }

    /// <summary>The guard of an online reader's section, whose end does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ReadGuard OfFreeSection(DomainState* state) => new(null, (ulong)state);

    /// <summary>
    /// Loads a protected pointer (<c>rcu_dereference</c>) and returns what it points to, valid until the section ends.
    /// A null pointer gives a null reference: ask <see cref="Rcu.IsNull{T}"/> before reading it. Costs one load.
    /// </summary>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block; a null reference for a null pointer.</returns>
    /// <exception cref="NullReferenceException">A null reference is read.</exception>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ref readonly T Dereference<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged
    {
        // SAFETY: published blocks hold a T, and are not freed before this guard ends (O1: announced before read; O2:
        // read before ended). A null becomes a null reference.
        return ref Unsafe.AsRef<T>(DereferencePointer(in pointer));
    }

    /// <inheritdoc cref="Dereference{T}(ref readonly RcuPointer{T})"/>
    /// <remarks><b>Safety.</b> The block published in the untyped pointer has to hold a <typeparamref
    /// name="T"/>.</remarks>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ref readonly T Dereference<T>(scoped ref readonly RcuPointer pointer)
        where T : unmanaged
    {
        // SAFETY: as above; the caller vouches for the type.
        return ref Unsafe.AsRef<T>(DereferencePointer(in pointer));
    }

    /// <summary>
    /// Copies what a protected pointer points to: no reference leaves the section, and there is no null reference to
    /// ask about. Costs a load and the copy.
    /// </summary>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <param name="copy">A copy of the block; the default for a null pointer.</param>
    /// <returns>False for a null pointer.</returns>
    /// <remarks>An updater that changes a published block in place, instead of replacing it, may be caught half-way:
    /// the copy is not atomic.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryRead<T>(scoped ref readonly RcuPointer<T> pointer, out T copy)
        where T : unmanaged => ProtectedLoad.TryCopy(in pointer.Value, out copy);

    /// <inheritdoc cref="TryRead{T}(ref readonly RcuPointer{T}, out T)"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <param name="copy">A copy of the block; the default for a null pointer.</param>
    /// <returns>False for a null pointer.</returns>
    /// <remarks><b>Safety.</b> The block published in the untyped pointer has to hold a <typeparamref
    /// name="T"/>.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryRead<T>(scoped ref readonly RcuPointer pointer, out T copy)
        where T : unmanaged => ProtectedLoad.TryCopy(in pointer.Value, out copy);

    /// <summary>The unchecked twin of <see cref="Dereference{T}(ref readonly RcuPointer{T})"/>: a raw pointer, possibly
    /// null.</summary>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block, or null.</returns>
    /// <remarks><b>Safety.</b> Nothing but discipline keeps the pointer from being used after the section.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T* DereferencePointer<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged => (T*)ProtectedLoad.Acquire(in pointer.Value);

    /// <inheritdoc cref="DereferencePointer{T}(ref readonly RcuPointer{T})"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void* DereferencePointer(scoped ref readonly RcuPointer pointer) =>
        (void*)ProtectedLoad.Acquire(in pointer.Value);

    /// <summary>
    /// Ends the section and opens the next in its place, so that a long loop holds up no grace period for longer than a
    /// round: as leaving and entering, at the price of a call and a store (crossbeam's <c>repin</c>). References from
    /// before are over.
    /// </summary>
    /// <remarks>
    /// <para>Only for the thread's one section, since code further out may hold references of its own. A method that
    /// renews a guard that it was given (<c>in ReadGuard guard</c>) should say so in its name.</para>
    /// <para><b>Safety.</b> C# has no way to end a reference before its variable. Declare those of a round inside the
    /// loop's block, behind the call; then none is there at the next one. Where a few nanoseconds do not matter, open a
    /// section in each round instead (<c>using</c> inside the block), and the compiler sees to it. What a kept
    /// reference reads, <see cref="RcuDomainOptions.Validate"/> fills with poison, as every reclaimed block.</para>
    /// </remarks>
    /// <exception cref="InvalidOperationException">The section is nested in another one of this thread, or has another
    /// one inside; the thread is online, where <see cref="RcuReader.QuiescentState"/> does this; or the guard is the
    /// default one, was disposed of or copied. Nothing has changed.</exception>
    /// <exception cref="OutOfMemoryException">With <see cref="RcuDomainOptions.Validate"/>: there is no memory to
    /// record it; nothing has changed.</exception>
    public readonly void Renew()
    {
        // A `using` variable is read-only, and a method that is not `readonly` would change a copy. SAFETY: `this` is a
        // local variable of some frame all the same. No constant is a guard, and nothing relies on the field's readonly
        // except the compiler.
        Unsafe.AsRef(in _word) = Section.Renew(_slot, _word);
    }

    /// <summary>Ends the section (<c>rcu_read_unlock</c>): one store. A default guard does nothing.</summary>
    /// <exception cref="InvalidOperationException">The guard was disposed before, copied, or is disposed out of order,
    /// and no other section has opened at the same grace period and depth since (with <see
    /// cref="RcuDomainOptions.Validate"/>: even then). The thread's sections are unchanged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        ReaderSlot* slot = _slot;
        if (slot == null)
        {
            return;
        }

        // SAFETY: while the section is open, the slot's memory is not freed (O5: slot visible before use); the word is
        // its first.
        if (slot->Word != _word)
        {
            Section.ExitBeyondFast(slot, _word);
            return;
        }

        Order.Release((ulong*)slot, _word - 1); // O2 (read before ended)
    }

    /// <summary>The state of the domain that the section belongs to; null for a default guard.</summary>
    internal readonly DomainState* State
    {
        // SAFETY: as above.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _slot == null ? (DomainState*)_word : _slot->State;
    }
}
