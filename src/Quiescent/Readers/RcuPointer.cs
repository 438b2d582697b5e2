using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Validate;

namespace Quiescent;

/// <summary>
/// A pointer that readers dereference inside sections while an updater replaces it (<c>__rcu</c>). Eight bytes; it may
/// live in unmanaged memory, a static field or an object. Null when default.
/// </summary>
/// <typeparam name="T">What it points to.</typeparam>
/// <remarks>
/// <para>Readers go through <see cref="ReadGuard.Dereference{T}(ref readonly RcuPointer{T})"/>. Updaters exclude one
/// another by a lock of their own, or by <see cref="CompareExchange"/>.</para>
/// <para>The runtime cannot load two structs that refer to each other through <c>RcuPointer</c>s, nor an inline array
/// of <c>RcuPointer&lt;Self&gt;</c> (<c>TypeLoadException</c>); a direct <c>RcuPointer&lt;Self&gt;</c> is fine. Such
/// nodes use the untyped <see cref="RcuPointer"/>.</para>
/// <para><b>Safety.</b> A copy of the struct is a pointer that no section protects.</para>
/// </remarks>
public unsafe struct RcuPointer<T>
    where T : unmanaged
{
    internal nint Value;

    /// <summary>Whether it is null now. Protects nothing; costs one load.</summary>
    public readonly bool IsNull => (nint)LoadProtected() == 0;

    /// <summary>
    /// Publishes a block (<c>rcu_assign_pointer</c>): a reader that dereferences it sees all that was
    /// stored into it before.
    /// </summary>
    /// <param name="value">The new block, complete, or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Assign(T* value) => Order.Release(ref Value, (nint)value);

    /// <summary>Publishes a block and returns the one it replaced, atomically (<c>rcu_replace_pointer</c>, without a
    /// lock).</summary>
    /// <param name="value">The new block, complete, or null.</param>
    /// <returns>The block that was published before, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* Exchange(T* value) => (T*)Order.Exchange(ref Value, (nint)value);

    /// <summary>Publishes a block if the pointer still holds <paramref name="comparand"/>, and returns whether it
    /// did.</summary>
    /// <param name="value">The new block, complete, or null.</param>
    /// <param name="comparand">What the pointer has to hold.</param>
    /// <returns>True when it was published.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CompareExchange(T* value, T* comparand) =>
        Order.CompareExchange(ref Value, (nint)value, (nint)comparand) == (nint)comparand;

    /// <summary>Loads the pointer outside a section (<c>rcu_dereference_protected</c>).</summary>
    /// <returns>The block, or null.</returns>
    /// <remarks><b>Safety.</b> Only for the updater that holds the lock which keeps others from replacing the
    /// pointer.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T* LoadProtected() => (T*)Order.Acquire(in Value);

    /// <summary>As <see cref="LoadProtected()"/>, by an updater that states which lock it holds
    /// (<c>rcu_dereference_protected</c> with <c>lockdep_is_held</c>). Always checked: about a nanosecond.</summary>
    /// <param name="updateSide">The lock that excludes other updaters; the thread holds it.</param>
    /// <returns>The block, or null.</returns>
    /// <exception cref="InvalidOperationException">This thread does not hold the lock.</exception>
    public readonly T* LoadProtected(Lock updateSide)
    {
        UpdateSide.Require(updateSide);
        return LoadProtected();
    }

    /// <summary>As <see cref="LoadProtected(Lock)"/>, for an object used in <c>lock</c> statements.</summary>
    /// <param name="monitor">The monitor that excludes other updaters; the thread is in it.</param>
    /// <returns>The block, or null.</returns>
    /// <exception cref="InvalidOperationException">This thread does not hold the object's monitor.</exception>
    public readonly T* LoadProtected(object monitor)
    {
        UpdateSide.Require(monitor);
        return LoadProtected();
    }
}

/// <summary>The untyped <see cref="RcuPointer{T}"/>, for nodes whose types reach each other.</summary>
/// <remarks><b>Safety.</b> Each dereference names the type; nothing checks that it is the type of the block that was
/// published.</remarks>
public unsafe struct RcuPointer
{
    internal nint Value;

    /// <inheritdoc cref="RcuPointer{T}.IsNull"/>
    public readonly bool IsNull => (nint)LoadProtected() == 0;

    /// <inheritdoc cref="RcuPointer{T}.Assign"/>
    /// <param name="value">The new block, complete, or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Assign(void* value) => Order.Release(ref Value, (nint)value);

    /// <inheritdoc cref="RcuPointer{T}.Exchange"/>
    /// <param name="value">The new block, complete, or null.</param>
    /// <returns>The block that was published before, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* Exchange(void* value) => (void*)Order.Exchange(ref Value, (nint)value);

    /// <inheritdoc cref="RcuPointer{T}.CompareExchange"/>
    /// <param name="value">The new block, complete, or null.</param>
    /// <param name="comparand">What the pointer has to hold.</param>
    /// <returns>True when it was published.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CompareExchange(void* value, void* comparand) =>
        Order.CompareExchange(ref Value, (nint)value, (nint)comparand) == (nint)comparand;

    /// <inheritdoc cref="RcuPointer{T}.LoadProtected()"/>
    /// <returns>The block, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void* LoadProtected() => (void*)Order.Acquire(in Value);

    /// <inheritdoc cref="RcuPointer{T}.LoadProtected(Lock)"/>
    /// <param name="updateSide">The lock that excludes other updaters; the thread holds it.</param>
    /// <returns>The block, or null.</returns>
    public readonly void* LoadProtected(Lock updateSide)
    {
        UpdateSide.Require(updateSide);
        return LoadProtected();
    }

    /// <inheritdoc cref="RcuPointer{T}.LoadProtected(object)"/>
    /// <param name="monitor">The monitor that excludes other updaters; the thread is in it.</param>
    /// <returns>The block, or null.</returns>
    public readonly void* LoadProtected(object monitor)
    {
        UpdateSide.Require(monitor);
        return LoadProtected();
    }
}
