using System.Runtime.CompilerServices;

namespace Quiescent.Ordering;

// The only door to Volatile, Interlocked and the process-wide barrier. Everything that one thread writes and another
// reads goes through here. Each ordering argument therefore names an operation of this class, and a build for
// systematic testing can put a scheduling point before each operation by replacing this file (and Threads.cs, for
// threads).
//
// What the callers rely on, beyond the language's memory model: the JIT and the AOT compiler emit volatile accesses in
// program order. The language would let a volatile store sink below a later volatile load of another location; the
// announcement of a reader (fences [A], Readers/Section.cs, and [P], Sleepable/SleepableSection.cs) and the append of a
// block (fence [D], Reclamation/Producer.cs) must not.
internal static unsafe class Order
{
    /// <summary>A load; no later access moves before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Acquire(ref readonly ulong location) => Volatile.Read(in location);

    /// <inheritdoc cref="Acquire(ref readonly ulong)"/>
    // SAFETY: the caller vouches for the location. From a pointer the JIT makes one load; from a field's reference, a
    // null check too.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Acquire(ulong* location) => Volatile.Read(ref *location);

    /// <inheritdoc cref="Acquire(ref readonly ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Acquire(ref readonly long location) => Volatile.Read(in location);

    /// <inheritdoc cref="Acquire(ref readonly ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Acquire(ref readonly int location) => Volatile.Read(in location);

    /// <inheritdoc cref="Acquire(ulong*)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Acquire(int* location) => Volatile.Read(ref *location);

    /// <inheritdoc cref="Acquire(ref readonly ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Acquire(ref readonly nint location) => Volatile.Read(in location);

    /// <inheritdoc cref="Acquire(ref readonly ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Acquire<T>(ref readonly T location)
        where T : class? => Volatile.Read(in location);

    /// <inheritdoc cref="Acquire(ref readonly ulong)"/>
    // SAFETY: the caller vouches for the location; a pointer and nint have one representation.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T* Acquire<T>(T** location)
        where T : unmanaged => (T*)Volatile.Read(ref *(nint*)location);

    /// <summary>A store; no earlier access moves after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(ref ulong location, ulong value) => Volatile.Write(ref location, value);

    /// <inheritdoc cref="Release(ref ulong, ulong)"/>
    // SAFETY: as for Acquire.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(ulong* location, ulong value) => Volatile.Write(ref *location, value);

    /// <inheritdoc cref="Release(ref ulong, ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(ref long location, long value) => Volatile.Write(ref location, value);

    /// <inheritdoc cref="Release(ref ulong, ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(ref int location, int value) => Volatile.Write(ref location, value);

    /// <inheritdoc cref="Release(ref ulong, ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(ref nint location, nint value) => Volatile.Write(ref location, value);

    /// <inheritdoc cref="Release(ref ulong, ulong)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release<T>(ref T location, T value)
        where T : class? => Volatile.Write(ref location, value);

    /// <inheritdoc cref="Release(ref ulong, ulong)"/>
    // SAFETY: as for Acquire.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release<T>(T** location, T* value)
        where T : unmanaged => Volatile.Write(ref *(nint*)location, (nint)value);

    /// <summary>A fence of loads: those before it are done before those after it. Costs nothing on x64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadBarrier() => Volatile.ReadBarrier();

    /// <summary>A full fence of this thread: no access crosses it, and the stores before it are visible before the
    /// loads after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fence() => Interlocked.MemoryBarrier();

    /// <summary>
    /// A full fence of this thread, and one that every other running thread of the process executes at some point
    /// during the call (<c>membarrier(2)</c>, <c>FlushProcessWriteBuffers</c>): about 10 µs when there is a busy core
    /// to interrupt.
    /// </summary>
    public static void FenceAllThreads() => Interlocked.MemoryBarrierProcessWide();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Exchange(ref ulong location, ulong value) => Interlocked.Exchange(ref location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Exchange(ref nint location, nint value) => Interlocked.Exchange(ref location, value);

    public static T? Exchange<T>(ref T? location, T? value)
        where T : class => Interlocked.Exchange(ref location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand) =>
        Interlocked.CompareExchange(ref location, value, comparand);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long CompareExchange(ref long location, long value, long comparand) =>
        Interlocked.CompareExchange(ref location, value, comparand);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CompareExchange(ref int location, int value, int comparand) =>
        Interlocked.CompareExchange(ref location, value, comparand);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint CompareExchange(ref nint location, nint value, nint comparand) =>
        Interlocked.CompareExchange(ref location, value, comparand);

    public static T? CompareExchange<T>(ref T? location, T? value, T? comparand)
        where T : class => Interlocked.CompareExchange(ref location, value, comparand);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Add(ref long location, long value) => Interlocked.Add(ref location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Add(ref int location, int value) => Interlocked.Add(ref location, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Increment(ref long location) => Interlocked.Increment(ref location);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Or(ref int location, int bits) => Interlocked.Or(ref location, bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int And(ref int location, int bits) => Interlocked.And(ref location, bits);
}
