using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Readers;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>
/// A section of an <see cref="OnlineReader"/>: <c>using OnlineReadGuard guard = reader.ReadLock();</c>. What it
/// dereferences stays until the thread's next <see cref="OnlineReader.QuiescentState"/>.
/// </summary>
/// <remarks>
/// <para>A type of its own, since a <see cref="ReadGuard"/> has to test whether its section is counted. Here beginning
/// and end do nothing unless <see cref="RcuDomainOptions.Validate"/> records them. The compiler enforces the same rules
/// as for a <see cref="ReadGuard"/>: a reference from <see cref="Dereference{T}(ref readonly RcuPointer{T})"/> cannot
/// outlive the guard's variable, and the guard crosses neither an <c>await</c> nor a <c>yield</c>.</para>
/// <para><b>Safety.</b> The compiler does not see a quiescent state, nor the reader's <c>Dispose</c>, while the guard
/// is open: open it in a block that ends before. <see cref="RcuDomainOptions.Validate"/> catches both.</para>
/// </remarks>
public readonly unsafe ref struct OnlineReadGuard : IDisposable
{
    // One word: `using` is a try/finally, so each field is spilled to the stack. Null for a default guard.
    private readonly ReaderSlot* _slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal OnlineReadGuard(ReaderSlot* slot) => _slot = slot;

    /// <inheritdoc cref="ReadGuard.Dereference{T}(ref readonly RcuPointer{T})"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block; a null reference for a null pointer.</returns>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly T Dereference<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged
    {
        // SAFETY: published blocks hold a T, and are not freed before the thread's next quiescent state, by O1
        // (announced before read) and O2 (read before ended). A null becomes a null reference.
        return ref Unsafe.AsRef<T>(DereferencePointer(in pointer));
    }

    /// <inheritdoc cref="ReadGuard.Dereference{T}(ref readonly RcuPointer)"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block; a null reference for a null pointer.</returns>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly T Dereference<T>(scoped ref readonly RcuPointer pointer)
        where T : unmanaged
    {
        // SAFETY: as above; the caller vouches for the type.
        return ref Unsafe.AsRef<T>(DereferencePointer(in pointer));
    }

    /// <inheritdoc cref="ReadGuard.TryRead{T}(ref readonly RcuPointer{T}, out T)"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <param name="copy">A copy of the block; the default for a null pointer.</param>
    /// <returns>False for a null pointer.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(scoped ref readonly RcuPointer<T> pointer, out T copy)
        where T : unmanaged => ProtectedLoad.TryCopy(in ProtectedLoad.WordOf(in pointer), out copy);

    /// <inheritdoc cref="ReadGuard.TryRead{T}(ref readonly RcuPointer, out T)"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <param name="copy">A copy of the block; the default for a null pointer.</param>
    /// <returns>False for a null pointer.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(scoped ref readonly RcuPointer pointer, out T copy)
        where T : unmanaged => ProtectedLoad.TryCopy(in ProtectedLoad.WordOf(in pointer), out copy);

    /// <inheritdoc cref="ReadGuard.DereferencePointer{T}(ref readonly RcuPointer{T})"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* DereferencePointer<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged => (T*)ProtectedLoad.Acquire(in ProtectedLoad.WordOf(in pointer));

    /// <inheritdoc cref="DereferencePointer{T}(ref readonly RcuPointer{T})"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* DereferencePointer(scoped ref readonly RcuPointer pointer) =>
        (void*)ProtectedLoad.Acquire(in ProtectedLoad.WordOf(in pointer));

    /// <summary>Ends the section, which does nothing unless Validate has recorded it.</summary>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: this thread has no
    /// such section, or another one inside. A guard that is disposed of twice ends the section around its own, whose
    /// guard then throws.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        if (ReaderSlot.IsTwin(_slot))
        {
            ReaderHandles.EndFreeSection(_slot);
        }
    }

    /// <summary>The state of the domain that the section belongs to; null for a default guard.</summary>
    internal DomainState* State
    {
        // SAFETY: while the reader is open, the slot's memory is not freed (O5: slot visible before use).
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _slot == null ? null : _slot->State;
    }
}
