using Quiescent.Ordering;

namespace Quiescent.Resources;

// What an array pool knows of one array, in the pool or out. A cache's lists are made of entries, so that keeping an
// array takes no memory.
internal sealed class ArrayEntry(Array array)
{
    private const int Out = 0;
    private const int In = 1;

    private int _state;

    public Array Array => array;

    /// <summary>The next in its list. As <see cref="IsToClear"/>, of the thread that has the list.</summary>
    public ArrayEntry? Next { get; set; }

    /// <summary>Whether to clear the array before it is rented again.</summary>
    public bool IsToClear { get; set; }

    /// <summary>Takes the array back. False: it is in the pool already.</summary>
    public bool TryTakeIn() => Order.CompareExchange(ref _state, In, Out) == Out;

    /// <summary>From here on the array may be returned. For the thread whose list it has left.</summary>
    public void LetOut() => Order.Release(ref _state, Out);
}
