using System.Diagnostics;
using Quiescent;

namespace Figures;

// Latency of Synchronize, and of a barrier when nothing waits.
internal static class GracePeriods
{
    private const int Calls = 20_000;

    public static double MedianMicroseconds(RcuDomain domain, bool withBusyReader)
    {
        bool stop = false;
        using ManualResetEventSlim started = new();
        Thread reader = new(() =>
        {
            started.Set();
            while (withBusyReader && !Volatile.Read(ref stop))
            {
                using ReadGuard guard = domain.ReadLock();
            }
        });
        reader.Start();
        started.Wait();
        double[] times = new double[Calls];
        for (int i = 0; i < Calls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            domain.Synchronize();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Volatile.Write(ref stop, true);
        reader.Join();
        Array.Sort(times);
        return times[Calls / 2];
    }

    public static double EmptyBarrierMicroseconds()
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Calls; i++)
        {
            Rcu.Barrier();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Calls;
    }
}
