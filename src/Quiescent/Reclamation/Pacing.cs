using System.Diagnostics;
using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// The pace of BacklogPolicy.Throttle for one of a domain's limits: above it, all threads of the domain together queue
// at most half the limit a second. A thread that queues above both limits pauses for the longer of its two times. The
// state is one moment for each limit, up to which the items that were queued above the limit are paid for:
//
//          at rest                slack                    debt, at most a second
//     ──────────────────────┬───────────────────┬──────────────────────────────────┬──►  _paidUntil
//                      now - slack             now                            now + 1 s
//
//     Charge(n)   _paidUntil = min(max(_paidUntil, now - slack) + n / rate, now + 1 s)
//
// A thread charges what it has queued (a page, a bulk, a step of heads), and then pauses while _paidUntil lies ahead of
// it and the backlog is over its limit. Time alone brings the moment back to rest. Below the limit nobody looks at it.
//
// With a limit of 1,000,000 the rate is 500,000 a second, a page of 508 entries moves the moment by 1.016 ms, and the
// slack is 64 ms. A thread that floods crosses the limit at time 0:
//
//     page         1         2      …    63       64       65       66
//     _paidUntil  -62.98    -61.97  …   +0.01    +1.02    +2.04    +3.05   (ms, if the pages themselves take no time)
//     pause         0         0     …     0        1        1        1
//
// Why it is right:
//
// N items pay at most N / rate. A pause ends when its thread's clock reaches _paidUntil, and only Charge moves that, by
//     n / rate for n items. So the pauses of a thread that queues alone lie, one after the other, within a time of at
//     most N / rate. A sleep that lasts too long leaves time in the slack, which the next pages use. Threads that queue
//     at the same time share the rate: one of K threads waits for the pages of the others too.
// A domain that queues more slowly pays nothing. Let n items take d = n / rate, with d <= slack, and come d or more
//     after the last. If _paidUntil <= now held then, Charge yields max(_paidUntil, now' - slack) + d <= now'. The
//     slack is at least a page's worth, so this holds for pages whatever the limit is.
// Growth per second is bounded. In t seconds, charges that stay below the cap let rate * (t + slack) items pass, and
//     one page for each thread that is in a pause. Charges are cut off at a second ahead, so that no pause is longer:
//     where threads owe more than that together (a large bulk; four threads that fill pages under a limit below 4,064),
//     each of them queues one page, or one bulk, a second.
// A late clock does no harm. A thread that read the clock long ago might move the moment back, and forgive what others
//     owe; so Charge never does.
//
// Checked by: PacingTests, ThrottleTests; systematic PacingTests; mutants pacing-….
internal sealed class Pacing(long limit, long step)
{
    private static readonly long s_longest = Ticks(MaxPauseMilliseconds);

    private readonly double _ticksPerItem = Stopwatch.Frequency / (limit * PacedPartOfLimit);

    private readonly long _slack = Math.Max(
        Ticks(PacingSlackMilliseconds),
        RoundUp(step * Stopwatch.Frequency / (limit * PacedPartOfLimit)));

    private long _paidUntil = long.MinValue;

    /// <summary>Charges items that were queued above the limit.</summary>
    /// <param name="items">How many.</param>
    /// <param name="now">The time, in ticks of the <see cref="Stopwatch"/>.</param>
    /// <returns>Until when the thread that queued them has to pause.</returns>
    public long Charge(long items, long now)
    {
        long ticks = (long)Math.Min(items * _ticksPerItem, s_longest + _slack);
        while (true)
        {
            long paid = Order.Acquire(in _paidUntil);
            long until = Math.Min(Math.Max(paid, now - _slack) + ticks, now + s_longest);
            until = Math.Max(until, paid);
            if (Order.CompareExchange(ref _paidUntil, until, paid) == paid)
            {
                return until;
            }
        }
    }

    /// <summary>A time in ticks of the <see cref="Stopwatch"/>.</summary>
    public static long Ticks(int milliseconds) => milliseconds * Stopwatch.Frequency / 1_000;

    // Math.Ceiling is a call into the mathematical library in native code, which would page it in.
    private static long RoundUp(double value) => (long)value < value ? (long)value + 1 : (long)value;
}

// The time by which threads pause. Tests have one of their own.
internal abstract class PacingClock
{
    private static PacingClock? s_system;

    /// <exception cref="OutOfMemoryException">The next call tries again.</exception>
    public static PacingClock System =>
        Order.Acquire(in s_system) ?? Once.Keep(ref s_system, new StopwatchClock());

    /// <summary>The time in ticks of the <see cref="Stopwatch"/>.</summary>
    public abstract long Now { get; }

    /// <summary>Sleeps for the whole time; an interrupt that comes meanwhile is pending again afterwards.</summary>
    public abstract void Sleep(int milliseconds);

    private sealed class StopwatchClock : PacingClock
    {
        public override long Now => Stopwatch.GetTimestamp();

        public override void Sleep(int milliseconds) => Backoff.SleepUninterrupted(milliseconds);
    }
}
