namespace Quiescent.Ordering;

// Objects that the process or another object has one of, made on their first use. No lock and no type initializer: user
// code that the runtime calls while one is being made (a first-chance handler) may come back here, and one for which
// there was no memory is made the next time.
internal static class Once
{
    /// <summary>Keeps the object unless another is kept already. Returns the one that is kept.</summary>
    public static T Keep<T>(ref T? place, T made)
        where T : class => Order.CompareExchange(ref place, made, null) ?? made;
}
