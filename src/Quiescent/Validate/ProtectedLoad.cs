using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Validate;

// The load of a dereference. With validation on for all domains, it looks up the pointer, and the place that it was
// loaded from, among the reclaimed blocks. The switch is a constant once the JIT has optimised the method, and false in
// code compiled ahead of time. Where it is off, only the load remains.
internal static unsafe class ProtectedLoad
{
    private static bool IsChecked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RuntimeFeature.IsDynamicCodeCompiled && ValidateSwitch.IsOnForAll;
    }

    /// <exception cref="InvalidOperationException">The pointer lies in, or leads to, a block that has been
    /// reclaimed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Acquire(ref readonly nint pointer)
    {
        if (!IsChecked)
        {
            return Order.Acquire(in pointer);
        }

        return AcquireChecked(in pointer);
    }

    /// <summary>The pointer's word: its only field, by another way. The address of a field makes the JIT check the
    /// pointer's place for null first, which is two of a bare section's eight instructions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref readonly nint WordOf<TPointer>(ref readonly TPointer pointer)
        where TPointer : unmanaged => ref Unsafe.As<TPointer, nint>(ref Unsafe.AsRef(in pointer));

    /// <summary>Copies the block; false and the default for a null pointer.</summary>
    /// <exception cref="InvalidOperationException">As for <see cref="Acquire"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCopy<T>(ref readonly nint pointer, out T copy)
        where T : unmanaged
    {
        T* block = (T*)Acquire(in pointer);
        if (block == null)
        {
            copy = default;
            return false;
        }

        // SAFETY: the caller is inside a section, in which a published block that holds a T is not freed.
        copy = *block;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint AcquireChecked(ref readonly nint pointer)
    {
        // SAFETY: the address is compared, not used; one in the managed heap may move meanwhile, and never lies in a
        // native block.
        nint place = (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in pointer));
        nint target = Order.Acquire(in pointer);
        Quarantine.OfProcess.ThrowIfReclaimed(place, target);
        return target;
    }
}
