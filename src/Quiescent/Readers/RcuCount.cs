using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent;

// Value is the number of holders less one, so that zeroed memory has one holder. Negative values are dead.
//
// One last holder  Only the exchange of 0 for Dead ends a count. A count at 0 has one holder, who may end it. A
//     thread that acquires meanwhile makes the exchange fail.
// Dead for good  An acquisition adds one before it knows whether the count is dead. Dead lies so far below zero that
//     all threads of a process together do not reach zero with that, and each that finds the count dead sets it back.
//     It sets back by an exchange: the block may have been given out again, and the count begun anew.
// Nothing after the release  A release that is not the last touches the count in its exchange alone. The next holder's
//     release may be the last, and the block gone, as soon as the exchange is done.
//
// Checked by: RcuCountTests, also systematic; mutants count-….
/// <summary>
/// How many hold a block (<c>rcuref_t</c>): for readers that keep it longer than a section should be. It lies in the
/// block. A reader that finds the block acquires it inside the section, ends the section, and keeps the block for as
/// long as it likes. Four bytes. Zeroed memory, or <c>default</c>, has one holder, the maker of the block.
/// </summary>
/// <remarks>
/// <para>An updater that unlinks the block releases the holder that the link stood for. The last release returns true,
/// and its caller hands the block to <see cref="Rcu.Free(void*)"/>: a section may still be looking at the
/// count.</para>
/// <para>All members may be called from any thread. They wait for nothing and allocate nothing; each costs an
/// interlocked instruction on the block's memory, so that many threads which hold the same block pass its cache line
/// around.</para>
/// <para><b>Safety.</b> It has to stay where it is: a copy, such as a read-only field gives, counts nobody. Only a
/// section, or a holder, keeps the block that it lies in.</para>
/// </remarks>
public struct RcuCount
{
    private const int Dead = int.MinValue / 2;
    private const int Most = int.MaxValue / 2;

    private int _value;

    /// <summary>How many hold the block now, 0 when it is dead. For reports: it may have changed already.</summary>
    public readonly int Holders => Math.Max(0, Order.Acquire(in _value) + 1);

    /// <summary>Becomes a holder of the block, unless it is dead (<c>rcuref_get</c>).</summary>
    /// <returns>True: release it later, once. False: the last holder has released it, and it is about to be freed;
    /// look for the newest block again.</returns>
    /// <exception cref="OverflowException">A billion hold it: releases are missing. The caller is no
    /// holder.</exception>
    /// <remarks><b>Safety.</b> Inside the section in which the block was found, or by a holder.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAcquire()
    {
        int value = Order.Add(ref _value, 1);
        return (uint)(value - 1) < Most || AcquiredBeyondFast(value);
    }

    /// <summary>Ceases to be a holder of the block, on whichever thread (<c>rcuref_put</c>). A holder needs no
    /// section.</summary>
    /// <returns>True for the last holder, who alone hands the block over. The block was unlinked before that, as the
    /// link stood for a holder.</returns>
    /// <exception cref="InvalidOperationException">It was released more often than acquired. Nothing has
    /// changed.</exception>
    public bool Release()
    {
        int value = Order.Acquire(in _value);
        while (true)
        {
            if (value < 0)
            {
                ThrowDead();
            }

            int seen = Order.CompareExchange(ref _value, value == 0 ? Dead : value - 1, value);
            if (seen == value)
            {
                return value == 0;
            }

            value = seen;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool AcquiredBeyondFast(int value)
    {
        if (value > 0)
        {
            Order.Add(ref _value, -1);
            throw new OverflowException("The count has a billion holders: releases are missing. Nothing has changed.");
        }

        Order.CompareExchange(ref _value, Dead, value);
        return false;
    }

    [DoesNotReturn]
    private static void ThrowDead() => throw new InvalidOperationException(
        "The count is dead: it was released more often than acquired. Nothing has changed.");
}
