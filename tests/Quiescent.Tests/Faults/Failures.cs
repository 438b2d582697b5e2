using Quiescent.Ordering;

namespace Quiescent.Tests.Faults;

// At which visits a place that can run out of memory does so.
public enum Failing
{
    First,
    Second,
    Every,
    EverySecond,
    AtRandom,
}

// Makes the library run out of a resource from the constructor to Dispose. Tests run one at a time, so it may be
// process-wide.
internal sealed class Failures : IDisposable
{
    private readonly FaultSite _site;
    private readonly Failing _failing;
    private readonly Random _random = new(1);
    private int _visits;
    private int _failed;

    public Failures(FaultSite site, Failing failing)
    {
        _site = site;
        _failing = failing;
        FaultInjection.Decide = IsDue;
    }

    public static MatrixTheoryData<string, Failing> All => At(Enum.GetValues<FaultSite>());

    /// <summary>How often the place has failed.</summary>
    public int Failed => Volatile.Read(ref _failed);

    /// <summary>Each way to fail at each of the places, as rows of a theory.</summary>
    public static MatrixTheoryData<string, Failing> At(params FaultSite[] sites) =>
        new(sites.Select(static site => site.ToString()), Enum.GetValues<Failing>());

    public void Dispose() => FaultInjection.Decide = null;

    private bool IsDue(FaultSite site)
    {
        if (site != _site)
        {
            return false;
        }

        lock (_random)
        {
            _visits++;
            bool isDue = _failing switch
            {
                Failing.First => _visits == 1,
                Failing.Second => _visits == 2,
                Failing.Every => true,
                Failing.EverySecond => _visits % 2 == 0,
                _ => _random.Next(3) == 0,
            };
            _failed += isDue ? 1 : 0;
            return isDue;
        }
    }
}
