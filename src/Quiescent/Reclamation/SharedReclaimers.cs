using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// The threads that domains share: at most one for each processor, started when a domain first asks. A domain always
// asks the same one.
internal sealed class SharedReclaimers(int count, TimeSpan idleTimeout, PacingClock clock)
{
    private static SharedReclaimers? s_ofProcess;

    private readonly SharedReclaimer?[] _all = new SharedReclaimer?[count];

    /// <summary>Those of all domains that do not ask for others.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for them.</exception>
    public static SharedReclaimers OfProcess => Order.Acquire(in s_ofProcess) ?? Once.Keep(
        ref s_ofProcess,
        new SharedReclaimers(
            Environment.ProcessorCount, TimeSpan.FromSeconds(Tuning.ReclaimerIdleSeconds), PacingClock.System));

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public SharedReclaimer Of(long domain)
    {
        int number = (int)(domain % _all.Length);
        ref SharedReclaimer? place = ref _all[number];
        return Order.Acquire(in place) ?? Once.Keep(ref place, new SharedReclaimer(number, idleTimeout, clock));
    }
}
