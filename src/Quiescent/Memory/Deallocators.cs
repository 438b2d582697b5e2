using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Memory;

// Each deallocator has a channel, a small number, so that a page of blocks or a head's word can name it. The table
// holds addresses of code, which keep nothing alive. Once a type has been collected with its module, nothing queued
// names its number any more. The number then goes to the next type that registers, and with it each thread's queue for
// that number.
internal static unsafe class Deallocators
{
    public const int NativeHeap = 0;
    public const int AlignedNativeHeap = 1;

    private const int BuiltIn = 2;

    private static nint[]? s_table;
    private static GCHandle[]? s_types;
    private static int s_gate;

    /// <summary>Whether the channel is one of user code, which is all except the two built-in deallocators: O8 (user
    /// code on the reclaimer alone).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCode(int channel) => channel > AlignedNativeHeap;

    /// <summary>Whether the channel is one of the two deallocators whose blocks any thread may free at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsBuiltIn(int channel) => (uint)channel <= AlignedNativeHeap;

    /// <summary>Whether the channel belongs to a pool of a domain: such channels are below zero
    /// (<see cref="BlockSinks"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsPool(int channel) => channel < 0;

    /// <summary>Gives the type a number, unless it has one.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a number; the next call tries again.</exception>
    public static void Register(Type type, delegate*<void*, void> free, ref int registered)
    {
        FaultInjection.ThrowIfDue(FaultSite.Deallocator);
        GCHandle handle = GCHandle.Alloc(type, GCHandleType.Weak);
        try
        {
            // Room for one more, made beforehand: nothing under the gate may fail (O8).
            while (Order.Acquire(in registered) == 0)
            {
                int channels = (Order.Acquire(in s_table)?.Length ?? BuiltIn) + 1;
                TryRegister(ref handle, free, ref registered, new nint[channels], new GCHandle[channels]);
            }
        }
        finally
        {
            if (handle.IsAllocated)
            {
                handle.Free();
            }
        }
    }

    /// <summary>The method that a channel of user code calls, for reports.</summary>
    public static string NameOf(int channel)
    {
        object? type;
        using (TryLock.Hold(ref s_gate))
        {
            type = s_types![channel].Target;
        }

        return $"{type}.{nameof(Free)}";
    }

    /// <summary>Frees one block; user code if <see cref="IsCode"/>.</summary>
    public static void Free(int channel, void* block)
    {
        // SAFETY: the caller that queued the block named the channel that it was allocated from.
        switch (channel)
        {
            case NativeHeap:
                NativeMemory.Free(block);
                break;
            case AlignedNativeHeap:
                NativeMemory.AlignedFree(block);
                break;
            default:
                ((delegate*<void*, void>)Order.Acquire(in s_table)![channel])(block);
                break;
        }
    }

    // Does nothing if another thread has registered the type, or another type, meanwhile.
    private static void TryRegister(
        ref GCHandle handle, delegate*<void*, void> free, ref int registered, nint[] table, GCHandle[] types)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        if (registered != 0)
        {
            return;
        }

        int channel = FindCollected();
        if (channel >= 0)
        {
            s_types![channel].Free();
            table = s_table!;
            types = s_types;
        }
        else
        {
            channel = s_table?.Length ?? BuiltIn;
            if (channel != table.Length - 1)
            {
                return;
            }

            s_table?.CopyTo(table, 0);
            s_types?.CopyTo(types, 0);
        }

        types[channel] = handle;
        handle = default;
        Order.Release(ref table[channel], (nint)free);
        Order.Release(ref s_types, types);
        Order.Release(ref s_table, table);
        Order.Release(ref registered, channel);
    }

    // The channel of a type that was collected with its module, or -1.
    private static int FindCollected()
    {
        for (int i = BuiltIn; i < s_types?.Length; i++)
        {
            if (s_types[i].Target is null)
            {
                return i;
            }
        }

        return -1;
    }
}

// The channel of a deallocator type: a constant in compiled code for the built-in ones. No static constructor registers
// the type: one that ran out of memory once would fail for ever.
internal static unsafe class Deallocator<TDeallocator>
    where TDeallocator : struct, INativeDeallocator
{
    private static int s_registered;

    public static int Channel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(TDeallocator) == typeof(NativeHeap) ? Deallocators.NativeHeap
            : typeof(TDeallocator) == typeof(AlignedNativeHeap) ? Deallocators.AlignedNativeHeap
            : Order.Acquire(in s_registered) is not 0 and int channel ? channel
            : Register();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Register()
    {
        Deallocators.Register(typeof(TDeallocator), &TDeallocator.Free, ref s_registered);
        return s_registered;
    }
}
