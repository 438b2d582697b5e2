using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Readers;

public unsafe class RcuCountTests
{
    // Catches a count with two last holders, or with none, and one that comes to life again.
    [Fact]
    public void One_of_the_holders_is_the_last() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        Counted counted = new();
        int last = 0;
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int turn = 0; turn < 2; turn++)
                {
                    if (counted.Count.TryAcquire())
                    {
                        Schedule.Require(last == 0, "A dead count was acquired.");
                        Release(counted, ref last);
                    }
                }
            });
        }

        Release(counted, ref last);
        schedule.JoinAll();
        Schedule.Require(last == 1, $"{last} holders were the last.");
        Schedule.Require(!counted.Count.TryAcquire(), "A dead count was acquired.");
    });

    // Catches a thread that came too late, and kills the count of a block that was given out again.
    [Fact]
    public void A_count_begun_anew_lives() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        Counted counted = new();
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int turn = 0; turn < 3; turn++)
                {
                    if (counted.Count.TryAcquire())
                    {
                        ReleaseAndBeginAnew(counted);
                    }
                }
            });
        }

        ReleaseAndBeginAnew(counted);
        schedule.JoinAll();
        Schedule.Require(counted.Count.Holders == 1, $"{counted.Count.Holders} holders are counted.");
    });

    private static void ReleaseAndBeginAnew(Counted counted)
    {
        if (counted.Count.Release())
        {
            Schedule.Point();
            counted.Count = default;
        }
    }

    private static void Release(Counted counted, ref int last)
    {
        if (counted.Count.Release())
        {
            last++;
        }
    }

    private sealed class Counted
    {
        public RcuCount Count;
    }
}
