using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Workloads;

// G: how long Synchronize takes, beside idle threads, busy or online readers, or other callers. Each turn has a domain
// of its own.
internal static class GracePeriods
{
    private const string Ours = Calls.Synchronize;

    private const string GracePeriodsPerRound = "grace periods per round";
    private const int SmallStack = 128 * 1024;

    // Starting more takes longer than the turn.
    private const int ManyThreads = 1_000;

    private static readonly TimeSpan s_turnOverhead = TimeSpan.FromMilliseconds(10);

    // To start and to end one.
    private static readonly TimeSpan s_perThread = TimeSpan.FromMicroseconds(250);

    public static IEnumerable<Contest> Contests()
    {
        foreach (int threads in (int[])[0, 1, 64, 512, 4_096])
        {
            yield return new Contest($"G/idle/{threads}", $"Synchronize, {threads:N0} idle "
                + $"{(threads == 1 ? "thread" : "threads")}, p50", Unit.Microseconds,
            [
                new Contestant(Ours, Side.Ours, length => Measure(length, ReadSideBarrier.Asymmetric, idle: threads)),
            ])
            {
                MaxRounds = threads > ManyThreads ? 3 : null,
                IsHeadline = threads == 1,
                TurnOverhead = s_turnOverhead + (threads * s_perThread),
                Targets = threads == 512 ? [new Target(Ours, Bound.AtMost, 0.5, Calls.MembSynchronize)] : [],
            };
        }

        yield return new Contest("G/busy", "Synchronize, one busy reader, p50", Unit.Microseconds,
        [
            new Contestant(Ours, Side.Ours, length => Measure(length, ReadSideBarrier.Asymmetric, readers: 1)),
        ])
        {
            IsHeadline = true,
            Targets = [new Target(Ours, Bound.AtMost, 0.6, Calls.MembSynchronize)],
        };
        yield return new Contest("G/full", "Synchronize, one busy reader that fences (Full), p50", Unit.Microseconds,
        [
            new Contestant(Ours, Side.Ours, length => Measure(length, ReadSideBarrier.Full, readers: 1)),
        ])
        {
            Targets = [new Target(Ours, Bound.AtMost, 1.5, Calls.FullFenceSynchronize)],
        };
        yield return new Contest(
            "G/online", "Synchronize, an online reader for each core, and none for the caller, p50", Unit.Microseconds,
        [
            new Contestant(Ours, Side.Ours, length => MeasureOnline(length, ReadSideBarrier.Asymmetric)),
            new Contestant(Calls.SynchronizeFull, Side.Ours, length => MeasureOnline(length, ReadSideBarrier.Full))
            {
                Remark = "no process-wide barrier, and the sections of online readers cost nothing either way",
            },
        ])
        {
            Targets =
            [
                new Target(Ours, Bound.AtMost, 3, Calls.QsbrSynchronize),
                new Target(Calls.SynchronizeFull, Bound.AtMost, 3, Calls.QsbrSynchronize),
            ],
        };
        foreach (int callers in (int[])[1, 8, 64])
        {
            yield return new Contest(
                $"G/callers/{callers}", $"Synchronize, {callers} at a time, p50", Unit.Microseconds,
            [
                new Contestant(Ours, Side.Ours, length => MeasureCallers(length, callers)),
            ])
            {
                Targets = callers == 64 ? [new Target(Ours, Bound.AtMost, 5) { Detail = GracePeriodsPerRound }] : [],
            };
        }
    }

    private static Reading Measure(TimeSpan length, ReadSideBarrier barrier, int idle = 0, int readers = 0)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "scale", ReadSideBarrier = barrier });
        using Turn turn = new();
        using ManualResetEvent isOver = new(initialState: false);
        for (int i = 0; i < idle; i++)
        {
            turn.Start(() => StayIdle(domain, turn, isOver), SmallStack);
        }

        for (int i = 0; i < readers; i++)
        {
            turn.Start(() => ReadInLoop(domain, turn));
        }

        Latencies latencies = new();
        turn.Start(() =>
        {
            Synchronize(domain, turn, latencies);
            isOver.Set();
        });
        turn.Run(length);
        return ToReading(latencies);
    }

    private static Reading MeasureOnline(TimeSpan length, ReadSideBarrier barrier)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "scale", ReadSideBarrier = barrier });
        using Turn turn = new();
        for (int i = 0; i < Environment.ProcessorCount; i++)
        {
            turn.Start(() => ReadOnline(domain, turn));
        }

        Latencies latencies = new();
        turn.Start(() => Synchronize(domain, turn, latencies));
        turn.Run(length);
        return ToReading(latencies);
    }

    private static Reading MeasureCallers(TimeSpan length, int callers)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = "scale" });
        Latencies[] each = [.. Enumerable.Range(0, callers).Select(_ => new Latencies())];
        using (Turn turn = new())
        {
            foreach (Latencies latencies in each)
            {
                turn.Start(() => Synchronize(domain, turn, latencies), SmallStack);
            }

            turn.Run(length);
        }

        Latencies all = new();
        foreach (Latencies latencies in each)
        {
            all.Add(latencies);
        }

        Reading reading = ToReading(all);
        return reading with
        {
            Details = [.. reading.Details, new Detail(GracePeriodsPerRound, CountForOneRound(domain, callers))],
        };
    }

    // Callers that come one after another each have a right to a grace period of their own. So that all wait at the
    // same time, a section is open until the last has come; one that is late all the same makes the count larger, not
    // smaller.
    private static long CountForOneRound(RcuDomain domain, int callers)
    {
        long before;
        using Turn round = new();
        using CountdownEvent toCome = new(callers);
        for (int i = 0; i < callers; i++)
        {
            round.Start(() =>
            {
                round.Await();
                toCome.Signal();
                domain.Synchronize();
            }, SmallStack);
        }

        round.Start(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            round.Await();
            toCome.Wait();
            Thread.Sleep(1);
        });
        before = domain.GetStatistics().GracePeriodsCompleted;
        round.Run(TimeSpan.Zero);
        return domain.GetStatistics().GracePeriodsCompleted - before;
    }

    // Registered, and in no section.
    private static void StayIdle(RcuDomain domain, Turn turn, ManualResetEvent isOver)
    {
        using RcuReader reader = domain.RegisterReader();
        turn.BeReady();
        isOver.WaitOne();
    }

    private static void ReadInLoop(RcuDomain domain, Turn turn)
    {
        turn.Await();
        do
        {
            OpenSections(domain);
        }
        while (!turn.IsOver);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OpenSections(RcuDomain domain)
    {
        for (int i = 0; i < 1_000; i++)
        {
            using ReadGuard guard = domain.ReadLock();
        }
    }

    private static void ReadOnline(RcuDomain domain, Turn turn)
    {
        using RcuReader reader = domain.RegisterReader();
        turn.Await();
        reader.GoOnline();
        do
        {
            OpenSections(reader);
            reader.QuiescentState();
        }
        while (!turn.IsOver);
        reader.GoOffline();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OpenSections(RcuReader reader)
    {
        for (int i = 0; i < 1_000; i++)
        {
            using ReadGuard guard = reader.ReadLock();
        }
    }

    private static void Synchronize(RcuDomain domain, Turn turn, Latencies latencies)
    {
        long start = turn.Await();
        do
        {
            domain.Synchronize();
            long end = Stopwatch.GetTimestamp();
            latencies.Add(end - start);
            start = Stopwatch.GetTimestamp();
        }
        while (!turn.IsOver);
    }

    private static Reading ToReading(Latencies latencies) => new(latencies.Microseconds(0.5))
    {
        Details =
        [
            new Detail("p99 µs", latencies.Microseconds(0.99)),
            new Detail("max µs", latencies.MaxMicroseconds),
        ],
    };
}
