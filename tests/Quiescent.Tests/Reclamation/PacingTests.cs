using Quiescent.Reclamation;

namespace Quiescent.Tests.Reclamation;

// The arithmetic of the pace, in a time that the test makes.
public class PacingTests
{
    private static readonly long s_second = Pacing.Ticks(1_000);

    // Limit and entries of a page, and so the pace: half the limit a second.
    public static TheoryData<long, int> Limits => new()
    {
        { 1, 1 }, { 2, 1 }, { 16, 2 }, { 1_000, 125 }, { 4_064, 508 }, { 1_000_000, 508 }, { 1L << 40, 508 },
    };

    // Fault caught: a pause for each page, however slowly they come.
    [Theory]
    [MemberData(nameof(Limits))]
    public void Pages_that_come_more_slowly_than_the_pace_cost_nothing(long limit, int page)
    {
        Pacing pacing = new(limit, page);
        long now = s_second;
        long apart = (long)Math.Ceiling(page * s_second / (limit / 2.0));
        for (int i = 0; i < 10_000; i++)
        {
            Assert.InRange(pacing.Charge(page, now), long.MinValue, now);
            now += apart;
        }
    }

    // Fault caught: pauses that grow with the backlog (80 s for a million blocks), and pauses that add up to less than
    // the pace demands, so that nothing bounds the growth.
    [Theory]
    [InlineData(1_000, 125, 20_000)]
    [InlineData(4_064, 508, 100_000)]
    [InlineData(1_000_000, 508, 1_100_000)]
    [InlineData(1_000_000, 128, 3_000_000)]
    public void A_flood_pauses_for_its_number_divided_by_the_pace(long limit, int page, int items)
    {
        Pacing pacing = new(limit, page);
        long start = s_second;
        long now = start;
        for (int i = 0; i < items; i += page)
        {
            now = Math.Max(now, pacing.Charge(page, now));
        }

        double seconds = (double)(now - start) / s_second;
        double atPace = items / (limit / 2.0);
        Assert.InRange(seconds, atPace - 0.26, atPace + (page / (limit / 2.0)));
    }

    // Fault caught: pauses that last too long (a timer ticks every 16 ms on some systems) and slow the flood further.
    [Fact]
    public void A_pause_that_lasts_too_long_is_made_up_for()
    {
        Pacing pacing = new(1_000_000, 508);
        long now = s_second;
        long start = now;
        for (int i = 0; i < 1_000; i++)
        {
            long until = pacing.Charge(508, now);
            now = until > now ? until + Pacing.Ticks(15) : now;
        }

        Assert.InRange((double)(now - start) / s_second, 0, 1.016 + 0.016);
    }

    // Fault caught: each thread paced by itself, so that many threads grow the backlog many times as fast.
    [Fact]
    public void Threads_share_the_pace()
    {
        const int Threads = 8;
        Pacing pacing = new(1_000_000, 508);
        long[] paused = [.. Enumerable.Repeat(s_second, Threads)];
        for (int i = 0; i < 4_000; i++)
        {
            int next = Array.IndexOf(paused, paused.Min());
            paused[next] = Math.Max(paused[next], pacing.Charge(508, paused[next]));
        }

        double atPace = 4_000 * 508 / 500_000.0;
        Assert.InRange((double)(paused.Max() - s_second) / s_second, atPace - 0.1, atPace);
    }

    // Fault caught: a bulk, or a deferred resize, that pauses for as long as its number says; and a sum that overflows.
    [Theory]
    [InlineData(1_000_001)]
    [InlineData(int.MaxValue)]
    [InlineData(long.MaxValue)]
    public void No_pause_lasts_longer_than_a_second(long items)
    {
        Pacing pacing = new(1_000_000, 508);
        for (long now = s_second; now < 10 * s_second; now += s_second / 2)
        {
            Assert.Equal(now + s_second, pacing.Charge(items, now));
        }
    }

    // Fault caught: a thread that lost its processor between the clock and the charge forgives what others owe.
    [Fact]
    public void A_late_clock_takes_nothing_back()
    {
        Pacing pacing = new(1_000_000, 508);
        long until = pacing.Charge(1_000_000, 10 * s_second);
        Assert.Equal(until, pacing.Charge(508, 2 * s_second));
        Assert.Equal(until, pacing.Charge(0, 10 * s_second));
    }
}
