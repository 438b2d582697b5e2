using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Modules;

// What an unload waits for: the user code that waits in each domain of the process. A domain is here from its
// construction until it is disposed of or collected, so that queueing need not register anything. A domain that is
// being disposed of stays until its queues are empty.
internal static class UnloadBarrier
{
    private static readonly WeakList<DomainCore> s_domains = new();

    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public static void Add(DomainCore domain) => s_domains.Add(domain);

    public static void Remove(DomainCore domain) => s_domains.Remove(domain);

    public static List<DomainCore> Domains() => s_domains.All();

    /// <summary>A task that completes when all user code that waits in the domain now has run; null if none waits. If
    /// the domain is disposed of, the task fails, but not before the code has run.</summary>
    /// <exception cref="OutOfMemoryException">Code waits, and there is no memory for the task.</exception>
    public static Task? WhenCodeHasRun(DomainCore domain) => BarrierTarget.Take(domain, codeOnly: true) is { } target
        ? domain.Reclaimer.WaitAsync(target.IsDone, CancellationToken.None)
        : null;
}
