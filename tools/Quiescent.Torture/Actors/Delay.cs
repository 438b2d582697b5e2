using System.Diagnostics;

namespace Quiescent.Torture.Actors;

// How readers make their sections long: mostly not at all, else by short spins, yields, 200 µs of work, sleeps, and
// rarely a delay of up to 300 ms. Grace periods last as long as the longest section, so long delays have a budget: a
// tenth of the time.
internal sealed class Delay
{
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(300);

    private const int BudgetShare = 10;
    private const double LongFromMilliseconds = 10;

    private long _nextLong = Stopwatch.GetTimestamp();

    public void Spend(Rng random)
    {
        int dice = random.Next(1024);
        switch (dice)
        {
            case < 600:
                break;
            case < 900:
                Thread.SpinWait(random.Next(200));
                break;
            case < 1000:
                Thread.Yield();
                break;
            case < 1017:
                Spin(TimeSpan.FromMicroseconds(random.Between(200, 1000)));
                break;
            case < 1021:
                Thread.Sleep(random.Between(1, 4));
                break;
            default:
                SpendLong(random);
                break;
        }
    }

    /// <summary>A long delay, if the budget has one.</summary>
    public bool SpendLong(Rng random)
    {
        // The square root is uniform, so most of the long delays are on the short side, too.
        double share = random.Next(1000) / 1000.0;
        double span = Longest.TotalMilliseconds - LongFromMilliseconds;
        double milliseconds = LongFromMilliseconds + (span * share * share);
        long now = Stopwatch.GetTimestamp();
        long next = Volatile.Read(ref _nextLong);
        long cost = (long)(milliseconds * BudgetShare * Stopwatch.Frequency / 1000);
        if (now < next || Interlocked.CompareExchange(ref _nextLong, now + cost, next) != next)
        {
            return false;
        }

        Thread.Sleep((int)milliseconds);
        return true;
    }

    public static void Spin(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            Thread.SpinWait(10);
        }
    }
}
