using Quiescent.Reclamation;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

public class PacingTests
{
    // Catches a charge that another thread's overwrites.
    [Fact]
    public void Charges_at_the_same_time_all_count() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        const int Page = 508;
        long now = Pacing.Ticks(1_000);
        Pacing alone = new(limit: 100_000, Page);
        Pacing shared = new(limit: 100_000, Page);
        for (int i = 0; i < 3; i++)
        {
            alone.Charge(Page, now);
            schedule.Start(() => shared.Charge(Page, now));
        }

        schedule.JoinAll();
        Schedule.Require(
            shared.Charge(0, now) == alone.Charge(0, now), "Three charges at the same time cost less than one by one.");
    });
}
