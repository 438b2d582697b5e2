using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Locks;

// L7 (a writer is alone), L8 (neither side starves), L9 (giving up leaves nothing) and L10 (no call is lost) at a lock
// whose waits hold no thread. A wait that nobody calls is a deadlock here.
public class AsyncLockTests
{
    // Catches a call that comes while a wait is driven and is forgotten, and a reader that is let in and not told.
    [Fact]
    public void A_writer_is_alone_and_everybody_comes() => Exploration.Run(threads: 4, scenario: schedule =>
    {
        using SrcuDomain domain = Domains.CreateSleepable();
        using RcuAsyncReaderWriterLock table = new(domain);
        Inside inside = new();
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                Read(table, inside);
                Read(table, inside);
            });
        }

        schedule.Start(() => Write(table, inside));
        Write(table, inside);
        schedule.JoinAll();
        Schedule.Require(inside.Writes == 2, "A writer did not come.");
        Schedule.Require(domain.OpenSections == 0, "A reader left its section open.");
    });

    // Catches a cancelled wait that keeps a place, the turn or a section, or that ends twice; and the wake-up of the
    // next that is lost with it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cancelled_wait_leaves_nothing(bool write) => Exploration.Run(threads: 4, scenario: schedule =>
    {
        using SrcuDomain domain = Domains.CreateSleepable();
        using RcuAsyncReaderWriterLock table = new(domain);
        using CancellationTokenSource source = new();
        Inside inside = new();
        schedule.Start(() => Read(table, inside));
        schedule.Start(() => Write(table, inside));
        schedule.Start(() =>
        {
            if (write)
            {
                Write(table, inside, source.Token);
            }
            else
            {
                Read(table, inside, source.Token);
            }
        });
        Schedule.Point();
        source.Cancel();
        schedule.JoinAll();
        Schedule.Require(domain.OpenSections == 0, "A reader left its section open.");
        Write(table, inside);
    });

    // Catches a disposal that leaves a wait in a list, or with the reclaimer.
    [Fact]
    public void A_disposal_ends_every_wait() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using SrcuDomain domain = Domains.CreateSleepable();
        using RcuAsyncReaderWriterLock table = new(domain);
        Inside inside = new();
        schedule.Start(() => Try(() => Write(table, inside)));
        schedule.Start(() => Try(() => Read(table, inside)));
        Schedule.Point();
        table.Dispose();
        schedule.JoinAll();
        Schedule.Require(domain.OpenSections == 0, "A reader left its section open.");
    });

    // Catches a turn that is ended by whoever asks: the second disposal ends the next writer's.
    [Fact]
    public void One_of_two_disposals_of_a_write_counts() => Exploration.Run(threads: 4, scenario: schedule =>
    {
        using SrcuDomain domain = Domains.CreateSleepable();
        using RcuAsyncReaderWriterLock table = new(domain);
        Inside inside = new();
        int left = 0;
        AsyncWriteScope twice = Result(table.WriteAsync().AsTask());
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                try
                {
                    twice.Dispose();
                    left++;
                }
                catch (InvalidOperationException)
                {
                    // The other's disposal was first.
                }
            });
        }

        schedule.Start(() => Write(table, inside));
        Write(table, inside);
        schedule.JoinAll();
        Schedule.Require(left == 1, $"{left} disposals of a write succeeded.");
    });

    private static void Read(RcuAsyncReaderWriterLock table, Inside inside, CancellationToken token = default)
    {
        if (TryEnter(table.ReadAsync(token).AsTask(), out AsyncReadScope scope))
        {
            inside.Read();
            scope.Dispose();
        }
    }

    private static void Write(RcuAsyncReaderWriterLock table, Inside inside, CancellationToken token = default)
    {
        if (TryEnter(table.WriteAsync(token).AsTask(), out AsyncWriteScope scope))
        {
            inside.Write();
            scope.Dispose();
        }
    }

    private static bool TryEnter<T>(Task<T> entry, out T scope)
        where T : struct
    {
        Schedule.Until(() => entry.IsCompleted);
        scope = entry.IsCanceled ? default : Result(entry);
        return !entry.IsCanceled;
    }

    private static T Result<T>(Task<T> entry)
    {
        Schedule.Until(() => entry.IsCompleted);
        return entry.Result;
    }

    private static void Try(Action entry)
    {
        try
        {
            entry();
        }
        catch (ObjectDisposedException)
        {
            // By the call.
        }
        catch (AggregateException e) when (e.InnerException is ObjectDisposedException)
        {
            // By its task.
        }
    }
}
