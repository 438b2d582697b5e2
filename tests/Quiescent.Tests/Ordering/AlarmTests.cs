using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Ordering;

public sealed class AlarmTests
{
    private static Alarm? s_found;

    [Fact]
    public void It_rings_once_each_time_that_it_is_set()
    {
        int rung = 0;
        Alarm alarm = new(() => Interlocked.Increment(ref rung));
        for (int i = 1; i <= 3; i++)
        {
            alarm.Set(TimeSpan.FromMilliseconds(1));
            Until.True(() => Volatile.Read(ref rung) == i);
        }
    }

    // Fault caught: an endless loop, on the finalizer's thread for one, around a timer that refuses since its own
    // finalizer has run.
    [Fact]
    public void One_that_a_finalizer_makes_reachable_again_can_be_set()
    {
        Drop();
        Until.True(() =>
        {
            Garbage.Collect();
            return Volatile.Read(ref s_found) is not null;
        });
        Alarm found = Interlocked.Exchange(ref s_found, null)!;
        Worker.Run(() => found.Set(TimeSpan.FromMilliseconds(1)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop() => _ = new Finder();

    private sealed class Finder
    {
        private readonly Alarm _alarm = new(static () => { });

        ~Finder() => Volatile.Write(ref s_found, _alarm);
    }
}
