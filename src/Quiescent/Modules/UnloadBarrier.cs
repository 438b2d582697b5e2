using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Modules;

// What an unload waits for: the user code that waits in each domain of the process. A domain is here from its
// construction until it is disposed of or collected, so that queueing need not register anything. A domain that is
// being disposed of stays until its queues are empty.
internal static class UnloadBarrier
{
    private static WeakList<DomainCore>? s_domains;

    /// <summary>Adds a domain. Returns its place, to remove it by.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public static WeakReference<DomainCore> Add(DomainCore domain) => Live.Add(domain);

    public static void Remove(WeakReference<DomainCore> place) => Live.Remove(place);

    public static List<DomainCore> Domains() => Live.All();

    private static WeakList<DomainCore> Live => Order.Acquire(in s_domains) ?? Once.Keep(ref s_domains, new());

    /// <summary>A task that completes when all user code that waits in the domain now has run; null if none waits. If
    /// the domain is disposed of, the task fails, but not before the code has run.</summary>
    /// <exception cref="OutOfMemoryException">Code waits, and there is no memory for the task.</exception>
    public static Task? WhenCodeHasRun(DomainCore domain) =>
        BarrierTarget.Take(domain, BarrierScope.Code) is { } target
            ? domain.Reclaimer.WaitAsync(target, CancellationToken.None)
            : null;
}
