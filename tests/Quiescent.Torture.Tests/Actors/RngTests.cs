using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Tests.Actors;

public sealed class RngTests
{
    // Catches a choice that does not come from the seed.
    [Fact]
    public void A_seed_repeats_the_choices()
    {
        Rng first = new(42);
        Rng second = new(42);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(first.Next(), second.Next());
        }
    }

    [Fact]
    public void Choices_stay_within_their_bounds_and_reach_them()
    {
        Rng random = new(7);
        HashSet<int> seen = [];
        for (int i = 0; i < 1000; i++)
        {
            int choice = random.Between(3, 6);
            Assert.InRange(choice, 3, 6);
            seen.Add(choice);
        }

        Assert.Equal(4, seen.Count);
    }
}
