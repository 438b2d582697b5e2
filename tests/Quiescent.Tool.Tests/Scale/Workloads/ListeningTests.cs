using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads;

namespace Quiescent.Tool.Tests.Scale.Workloads;

public sealed class ListeningTests
{
    // A listener that hears nothing would measure nothing, so it has failed.
    [Fact]
    public void A_listener_to_a_flood_hears_its_grace_periods()
    {
        Contest flood = Listening.Contests().Single(contest => contest.Id == "L/flood");
        Assert.All(flood.Contestants.Skip(1), listener =>
        {
            Reading reading = listener.Measure(TimeSpan.FromMilliseconds(20));
            Assert.True(reading.Details.Single(detail => detail.Name == "heard").Value > 0, listener.Name);
        });
    }
}
