using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Locks;

// L7 (a writer is alone), L8 (neither side starves) and L9 (giving up leaves nothing): readers and writers at one lock,
// and at two locks of one domain. A lost wake-up is a deadlock here.
public class LockTests
{
    // Catches a word that is looked at before the section is open, a writer that waits for no grace period, and a
    // reader that is let in and not told.
    [Fact]
    public void A_writer_is_alone_and_everybody_comes() => Exploration.Run(threads: 4, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        using RcuReaderWriterLock table = new(domain);
        Inside inside = new();
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int round = 0; round < 2; round++)
                {
                    using (table.Read())
                    {
                        inside.Read();
                    }
                }
            });
        }

        schedule.Start(() => Write(table, inside));
        Write(table, inside);
        schedule.JoinAll();
        Schedule.Require(inside.Writes == 2, "A writer did not come.");
    });

    // Catches a reader that waits for a writer which waits for it.
    [Fact]
    public void Reads_nest_beside_a_writer() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        using RcuReaderWriterLock table = new(domain);
        Inside inside = new();
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                using (table.Read())
                {
                    inside.Read();
                    using (table.Read())
                    {
                        inside.Read();
                    }
                }
            });
        }

        Write(table, inside);
        schedule.JoinAll();
    });

    // Catches the same between two locks of a domain, and a section of the other lock that passes for a read of this
    // one.
    [Fact]
    public void Reads_of_two_locks_of_a_domain_nest() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        using RcuReaderWriterLock outer = new(domain);
        using RcuReaderWriterLock table = new(domain);
        Inside inside = new();
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                using (outer.Read())
                {
                    using (table.Read())
                    {
                        inside.Read();
                    }
                }
            });
        }

        Write(table, inside);
        schedule.JoinAll();
    });

    // Catches a word, or a turn, that a writer which gives up leaves behind.
    [Fact]
    public void A_writer_that_gives_up_leaves_nothing() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        using RcuReaderWriterLock table = new(domain);
        Inside inside = new();
        schedule.Start(() =>
        {
            using (table.Read())
            {
                inside.Read();
            }
        });
        schedule.Start(() =>
        {
            for (int round = 0; round < 2; round++)
            {
                if (table.TryWrite(TimeSpan.Zero, out RcuReaderWriterLock.WriteScope scope))
                {
                    inside.Write();
                    scope.Dispose();
                }
            }
        });
        Write(table, inside);
        schedule.JoinAll();
        bool isFree = table.TryRead(TimeSpan.Zero, out RcuReaderWriterLock.ReadScope last);
        Schedule.Require(isFree, "The word is still set.");
        last.Dispose();
    });

    private static void Write(RcuReaderWriterLock table, Inside inside)
    {
        using (table.Write())
        {
            inside.Write();
        }
    }
}
