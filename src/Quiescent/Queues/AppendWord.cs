using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Queues;

// What an append reads after it has stored its item (fence [D] in Reclamation/Producer.cs). Each queue has one, on its
// producer's line. All-zero: the slot may not be listed.
internal unsafe struct AppendWord
{
    /// <summary>Bits of <see cref="AppendFlags"/>: <see cref="AppendFlags.Listed"/> alone nearly always.</summary>
    public int Flags;

    /// <summary>The index of the slot that the queue belongs to.</summary>
    public int Slot;

    /// <summary>Whether an append that has stored its item has something left to do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsDue(AppendWord* word) => Order.Acquire(&word->Flags) != AppendFlags.Listed;

    /// <summary>Makes the next append list the slot. Any thread may call it.</summary>
    public static void Unlist(AppendWord* word) => Order.And(ref word->Flags, ~AppendFlags.Listed);
}
