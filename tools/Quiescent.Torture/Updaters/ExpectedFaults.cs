using Quiescent.Ordering;
using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Updaters;

// Allocation failures on demand: on a thread that expects them, a certain share of all attempts fails, at any site.
internal static class ExpectedFaults
{
    private const int Odds = 3;

    private static readonly long[] s_injected = new long[Enum.GetValues<FaultSite>().Length];

    [ThreadStatic]
    private static Rng? t_random;

    /// <summary>Whether this thread's allocations may fail just now.</summary>
    public static bool Here => t_random is not null;

    public static long Injected(FaultSite site) => Interlocked.Read(ref s_injected[(int)site]);

    /// <summary>From here to the end of the scope, this thread's attempts may fail.</summary>
    public static Scope On(Rng random)
    {
        t_random = random;
        return default;
    }

    /// <summary>Makes the library ask here for the time of a run.</summary>
    public static void Install() => FaultInjection.Decide = ShouldFail;

    public static void Uninstall() => FaultInjection.Decide = null;

    private static bool ShouldFail(FaultSite site)
    {
        // Even a head may need a deallocator's number, once per process.
        if (site == FaultSite.Deallocator || t_random is null || !t_random.OneIn(Odds))
        {
            return false;
        }

        Interlocked.Increment(ref s_injected[(int)site]);
        return true;
    }

    internal readonly ref struct Scope
    {
        public void Dispose() => t_random = null;
    }
}
