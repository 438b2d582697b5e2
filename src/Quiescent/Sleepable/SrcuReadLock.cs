using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Readers;
using Quiescent.Sleepable;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>
/// A read-side critical section of an <see cref="SrcuDomain"/>, open until it is disposed of. Dispose of it once, on
/// any thread: <c>using SrcuReadLock section = domain.ReadLock();</c>. It may be held across <c>await</c>, stored and
/// passed on.
/// </summary>
/// <remarks>
/// <para>A reference from <see cref="Dereference{T}(ref readonly RcuPointer{T})"/> cannot outlive the lock's variable,
/// nor cross an <c>await</c>. Dereference again after the <c>await</c>: everything that was reachable when the section
/// began is still there.</para>
/// <para><b>Safety.</b> Copies stand for the same section: the first release ends it, and a second one throws. The
/// compiler sees neither a dereference after the release, nor a lock that is never released. Such a lock holds up the
/// domain's grace periods until the process ends; the stall report names the thread that began its section.</para>
/// </remarks>
public readonly unsafe struct SrcuReadLock : IDisposable, IAsyncDisposable
{
    private readonly Ticket* _ticket;
    private readonly ulong _number;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal SrcuReadLock(Ticket* ticket, ulong number)
    {
        _ticket = ticket;
        _number = number;
    }

    /// <inheritdoc cref="ReadGuard.Dereference{T}(ref readonly RcuPointer{T})"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block; a null reference for a null pointer.</returns>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly T Dereference<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged
    {
        // SAFETY: published blocks hold a T, and are not freed before this section ends, by O1 (announced before read)
        // and O2 (read before ended). A null becomes a null reference.
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
        where T : unmanaged => ProtectedLoad.TryCopy(in pointer.Value, out copy);

    /// <inheritdoc cref="ReadGuard.TryRead{T}(ref readonly RcuPointer, out T)"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <param name="copy">A copy of the block; the default for a null pointer.</param>
    /// <returns>False for a null pointer.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead<T>(scoped ref readonly RcuPointer pointer, out T copy)
        where T : unmanaged => ProtectedLoad.TryCopy(in pointer.Value, out copy);

    /// <inheritdoc cref="ReadGuard.DereferencePointer{T}(ref readonly RcuPointer{T})"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* DereferencePointer<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged => (T*)ProtectedLoad.Acquire(in pointer.Value);

    /// <inheritdoc cref="DereferencePointer{T}(ref readonly RcuPointer{T})"/>
    /// <param name="pointer">The published pointer, where it lies.</param>
    /// <returns>The block, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* DereferencePointer(scoped ref readonly RcuPointer pointer) =>
        (void*)ProtectedLoad.Acquire(in pointer.Value);

    /// <summary>Ends the section (<c>srcu_read_unlock</c>, <c>srcu_up_read</c>).</summary>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one. Nothing has
    /// changed. With <see cref="RcuDomainOptions.Validate"/> the message says where the section began and where it was
    /// released.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose() => SleepableSection.Release(_ticket, _number);

    /// <summary>Ends the section at once, as <see cref="Dispose"/> does: for <c>await using</c>.</summary>
    /// <returns>A completed task.</returns>
    /// <inheritdoc cref="Dispose" path="/exception"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether it stands for no section.</summary>
    internal bool IsDefault => _ticket == null;

    /// <summary>Whether the section is open, and belongs to the domain with this number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsOpenIn(long domain) => SleepableSection.IsOpenIn(_ticket, _number, domain);

    internal bool IsOfAnother(long domain) => SleepableSection.IsOpenElsewhere(_ticket, _number, domain);
}
