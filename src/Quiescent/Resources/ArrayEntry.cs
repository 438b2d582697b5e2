using Quiescent.Ordering;

namespace Quiescent.Resources;

// What the pools know of one array: whether one of them has it.
internal sealed class ArrayEntry(Array array)
{
    private const int Out = 0;
    private const int In = 1;

    private int _state;

    public Array Array => array;

    /// <summary>Whether to clear the array before it is rented again. Of the thread that has taken it.</summary>
    public bool IsToClear { get; set; }

    /// <summary>Takes the array back. False: a pool has it already.</summary>
    public bool TryTakeIn() => Order.CompareExchange(ref _state, In, Out) == Out;

    /// <summary>From here on the array may be returned. For the thread whose stack it has left.</summary>
    public void LetOut() => Order.Release(ref _state, Out);
}
