using Quiescent.Ordering;
using Quiescent.Resources;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Resources;

// A1 and A2: arrays that pass from thread to thread and wait for readers in between.
public class ArrayTests
{
    // Catches an array rented under its reader, and one that two threads rent at once: each from its own cache, or both
    // from the depot.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void An_array_is_rented_again_after_its_grace_period_and_to_one_thread_at_a_time(
        int capacity) => Exploration.Run(threads: 3, scenario: schedule =>
    {
        const int Updates = 4;
        using RcuDomain domain = Domains.Create();
        ArrayDepot depot = new(domain.Core, capacity);
        HashSet<Array> rented = new(ReferenceEqualityComparer.Instance);
        int stamps = 0;
        int[] published = Rent(new ArrayCache(depot));
        for (int thread = 0; thread < 2; thread++)
        {
            int number = thread;
            schedule.Start(() =>
            {
                ArrayCache cache = new(depot);
                for (int i = 0; i < Updates; i++)
                {
                    // One thread returns more than it rents: its arrays come to the other through the depot.
                    int[] array = Rent(number == 0 ? new ArrayCache(depot) : cache);
                    Schedule.Point();
                    int[] old = Order.Exchange(ref published!, array)!;
                    rented.Remove(old);
                    Schedule.Require(TryReturn(cache, old, clear: i == 1), "A first return was refused.");
                }
            });
        }

        schedule.Start(() =>
        {
            for (int i = 0; i < Updates; i++)
            {
                using ReadGuard guard = domain.ReadLock();
                int[] array = Order.Acquire(in published);
                int stamp = array[0];
                Schedule.Point();
                Schedule.Require(array[0] == stamp, "An array was used again under its reader.");
            }
        });
        schedule.JoinAll();

        int[] Rent(ArrayCache cache)
        {
            int[] array = (int[]?)cache.TryRent() ?? new int[1];
            Schedule.Require(rented.Add(array), "An array was rented to two.");
            array[0] = ++stamps;
            return array;
        }

        bool TryReturn(ArrayCache cache, int[] array, bool clear)
        {
            ArrayEntry entry = cache.EntryIfLast(array) ?? ArrayEntries.Of(array);
            if (!entry.TryTakeIn())
            {
                return false;
            }

            entry.IsToClear = clear;
            cache.Put(entry);
            return true;
        }
    });

    // Catches two returns of one array that both succeed: through one entry, or through two that were made at once.
    [Fact]
    public void Of_several_returns_of_one_array_at_once_one_succeeds() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        int[] array = new int[1];
        long succeeded = 0;
        for (int thread = 0; thread < 3; thread++)
        {
            schedule.Start(() =>
            {
                if (ArrayEntries.Of(array).TryTakeIn())
                {
                    Order.Increment(ref succeeded);
                }
            });
        }

        schedule.JoinAll();
        Schedule.Require(succeeded == 1, $"{succeeded} returns of one array succeeded.");
    });
}
