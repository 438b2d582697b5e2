using Quiescent.Ordering;

namespace Quiescent.Modules;

// All domains of the process, from their construction until they are disposed of or collected. Known from the start, and not from
// the first callback: so queueing has nothing to tell. A domain that is being disposed of is here until all has been carried out.
internal static class LiveDomains
{
    private static readonly List<WeakReference<CodeQueues>> s_domains = [];
    private static int s_gate;

    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public static void Add(CodeQueues domain)
    {
        WeakReference<CodeQueues> reference = new(domain);
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        if (s_domains.Count == s_domains.Capacity)
        {
            s_domains.RemoveAll(static known => !known.TryGetTarget(out _));
        }

        s_domains.Add(reference);
    }

    public static void Remove(CodeQueues domain)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        s_domains.RemoveAll(known => !known.TryGetTarget(out CodeQueues? target) || target == domain);
    }

    public static List<CodeQueues> All()
    {
        List<CodeQueues> all = [];
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        foreach (WeakReference<CodeQueues> known in s_domains)
        {
            if (known.TryGetTarget(out CodeQueues? domain))
            {
                all.Add(domain);
            }
        }

        return all;
    }
}
