using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Modules;

// What an unload waits for: the code that waits in each domain of the process. A domain is here from its construction
// until it is disposed of or collected, so that queueing need not tell anybody; one that is being disposed of stays
// until its queues are empty.
internal static class UnloadBarrier
{
    private static readonly WeakList<DomainCore> s_domains = new();

    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public static void Add(DomainCore domain) => s_domains.Add(domain);

    public static void Remove(DomainCore domain) => s_domains.Remove(domain);

    public static List<DomainCore> Domains() => s_domains.All();

    /// <summary>Completes when all user code that waits in the domain now has run; null when none waits. If the domain
    /// is disposed of it fails, but not before the code has run.</summary>
    /// <exception cref="OutOfMemoryException">It would have to wait, and there is no memory for it.</exception>
    public static Task? WhenCodeHasRun(DomainCore domain) => BarrierTarget.Take(domain, codeOnly: true) is { } target
        ? domain.Reclaimer.WaitAsync(target.IsDone, CancellationToken.None)
        : null;
}
