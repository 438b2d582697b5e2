using Quiescent.Ordering;

namespace Quiescent.Modules;

// All domains of the process, from their construction until they are disposed of or collected. Known from the start, and not from
// the first callback: so queueing has nothing to tell. A domain that is being disposed of is here until all has been carried out.
internal static class LiveDomains
{
    private static readonly WeakList<UnloadBarrier> s_domains = new();

    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public static void Add(UnloadBarrier domain) => s_domains.Add(domain);

    public static void Remove(UnloadBarrier domain) => s_domains.Remove(domain);

    public static List<UnloadBarrier> All() => s_domains.All();
}
