using System.Threading.Tasks.Sources;
using Quiescent.Memory;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O3, O7, O10: queues between their owner, the reclaimer and barriers.
public unsafe class HandOverTests
{
    private const int Bulks = 2;
    private const int Heads = 3;
    private const int UserBlocks = 4;
    private const int UserHeads = 5;

    // Registered before any schedule, so that the first one is like all others.
    public HandOverTests() => _ = Deallocator<SlowHeap>.Channel;

    // Pages of one block or two, so that appends fill them, go on to the next and collect; bulks; heads; and a slow
    // deallocator. Catches items freed too early, twice, out of order or not at all; and a barrier that skips pages
    // that are not full, or waits only until items were taken.
    [Fact]
    public void Blocks_are_freed_once_in_order_after_a_grace_period_and_before_a_barrier_returns() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Blocks = 3;
        int form = schedule.Choose(6);
        using RcuDomain domain = Domains.WithPagesOf(1 + (form & 1));
        Published published = new();
        int queued = 0;
        schedule.Start(() =>
        {
            for (int i = 1; i <= Blocks; i++)
            {
                Free(domain, published.Replace(i), form);
                queued = i;
            }
        });
        schedule.Start(() =>
        {
            for (int i = 0; i < Blocks; i++)
            {
                published.ReadIn(domain);
            }
        });
        Schedule.Point();
        int before = queued;
        domain.Barrier();
        Schedule.Require(
            schedule.Freed.Count >= before,
            $"{before} blocks were queued before the barrier, {schedule.Freed.Count} had been freed after it.");
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(
            schedule.Freed.Count == Blocks,
            $"{schedule.Freed.Count} of {Blocks} blocks were freed before the last barrier returned.");
        Schedule.Require(
            form == Heads || schedule.Freed.SequenceEqual([0, 1, 2]),
            $"Blocks were freed in the order {string.Join(", ", schedule.Freed)}.");
    });

    // Function callbacks run on the reclaimer alone, in the order of their producer; BarrierCallbacks waits for the
    // last to return.
    [Fact]
    public void Callbacks_have_run_in_order_when_their_barrier_returns() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        List<int> hasRun = [];
        int queued = 0;
        schedule.Start(() =>
        {
            for (int i = 1; i <= 3; i++)
            {
                Block* old = published.Replace(i);
                int number = i;
                domain.Call(() =>
                {
                    Block.Free(old);
                    Schedule.Point();
                    hasRun.Add(number);
                });
                queued = number;
            }
        });
        schedule.Start(() => published.ReadIn(domain));
        int before = queued;
        domain.BarrierCallbacks();
        Schedule.Require(
            hasRun.Count >= before,
            $"{before} callbacks were queued before the barrier, {hasRun.Count} had run after it.");
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(
            hasRun.SequenceEqual([1, 2, 3]), $"Callbacks ran in the order {string.Join(", ", hasRun)}.");
    });

    // O10: a callback is pending from its return until its task is complete. Catches a barrier, of either kind, that
    // misses one between its queue and the list of pending ones, and a disposal that does.
    [Fact]
    public void Asynchronous_callbacks_are_done_when_their_barrier_returns() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Count = 2;
        using RcuDomain domain = Domains.Create();
        int barrier = schedule.Choose(2);
        ManualTask[] tasks = [.. Enumerable.Range(0, Count).Select(_ => new ManualTask())];
        int queued = 0;
        int done = 0;
        schedule.Start(() =>
        {
            foreach (ManualTask task in tasks)
            {
                domain.Call(task, static task => task.Start());
                queued++;
            }
        });
        schedule.Start(() =>
        {
            foreach (ManualTask task in tasks)
            {
                Schedule.Until(() => task.HasStarted);
                done++;
                task.Complete();
            }
        });
        Schedule.Point();
        int before = queued;
        Wait(domain, barrier);
        Schedule.Require(
            done >= before, $"{before} callbacks were queued before the barrier, {done} were done after it.");
        schedule.JoinAll();
        domain.Dispose();
        Schedule.Require(
            domain.GetStatistics().CallbacksPending == 0, "Callbacks are pending after the domain's disposal.");
    });

    private static void Wait(RcuDomain domain, int barrier)
    {
        if (barrier == 0)
        {
            domain.Barrier();
        }
        else
        {
            domain.BarrierCallbacks();
        }
    }

    private static void Free(RcuDomain domain, Block* block, int form)
    {
        switch (form)
        {
            case Heads:
                domain.Free(block, &block->Head);
                break;
            case UserBlocks:
                domain.Free<SlowHeap>(block);
                break;
            case UserHeads:
                domain.Free<SlowHeap>(block, &block->Head);
                break;
            case Bulks:
                domain.FreeBulk([0, (nint)block]);
                break;
            default:
                domain.Free(block);
                break;
        }
    }

    // A task that a thread of the schedule completes, which is where what awaits it goes on.
    private sealed class ManualTask : IValueTaskSource
    {
        private Action? _continue;
        private bool _isComplete;

        public bool HasStarted { get; private set; }

        public ValueTask Start()
        {
            HasStarted = true;
            Schedule.Point();
            return new ValueTask(this, token: 0);
        }

        public void Complete()
        {
            _isComplete = true;
            Schedule.Point();
            _continue?.Invoke();
        }

        public ValueTaskSourceStatus GetStatus(short token) =>
            _isComplete ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

        public void GetResult(short token)
        {
        }

        public void OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        {
            if (_isComplete)
            {
                continuation(state);
            }
            else
            {
                _continue = () => continuation(state);
            }
        }
    }

    // User code, which the reclaimer alone runs: other threads have their turn in it.
    private readonly struct SlowHeap : INativeDeallocator
    {
        public static void Free(void* block)
        {
            Schedule.Point();
            Block.Free((Block*)block);
        }
    }
}
