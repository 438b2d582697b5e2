using System.Diagnostics;

namespace Quiescent.Scale.Workloads.Meters;

// The garbage collector's pauses while a turn runs: their sum as the runtime keeps it, and the longest, looked up every
// millisecond.
internal sealed class PauseWatch
{
    private readonly TimeSpan _before = GC.GetTotalPauseDuration();
    private int _collections = GC.CollectionCount(0);

    public TimeSpan Total => GC.GetTotalPauseDuration() - _before;

    public TimeSpan Longest { get; private set; }

    /// <summary>Sleeps for that long, with an eye on the collector.</summary>
    public void Sleep(TimeSpan length)
    {
        long start = Stopwatch.GetTimestamp();
        for (TimeSpan left = length; left > TimeSpan.Zero; left = length - Stopwatch.GetElapsedTime(start))
        {
            Thread.Sleep(left < TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1));
            Look();
        }
    }

    private void Look()
    {
        int collections = GC.CollectionCount(0);
        if (collections != _collections)
        {
            _collections = collections;
            foreach (TimeSpan pause in GC.GetGCMemoryInfo(GCKind.Any).PauseDurations)
            {
                Longest = pause > Longest ? pause : Longest;
            }
        }
    }
}
