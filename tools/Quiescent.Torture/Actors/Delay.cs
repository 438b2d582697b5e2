using System.Diagnostics;

namespace Quiescent.Torture.Actors;

// What readers do to make their sections long: nothing mostly, short spins, yields, 200 µs of work, sleeps, and rarely
// up to 300 ms. Grace periods last as long as the longest section, so long delays have a budget: of the time, a tenth.
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
        // Its square root is uniform: of the long ones, too, most are shorter.
        double share = random.Next(1000) / 1000.0;
        double milliseconds = LongFromMilliseconds + ((Longest.TotalMilliseconds - LongFromMilliseconds) * share * share);
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
