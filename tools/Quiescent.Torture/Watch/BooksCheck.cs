using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Watch;

// Queued = reclaimed + waiting, exactly, when all is at rest. Compares the domain's three figures with one another, and
// with the torture's own separate counts.
internal static class BooksCheck
{
    private static readonly TimeSpan s_reportsAreRaised = TimeSpan.FromSeconds(5);

    /// <summary>The figures that do not add up, with nobody queueing and everything reclaimed.</summary>
    public static IEnumerable<string> Faults(string name, RcuStatistics start, RcuStatistics now, Tally tally)
    {
        (string What, long Expected, long Found)[] entries =
        [
            ("blocks queued", tally.BlocksQueued, now.BlocksQueued - start.BlocksQueued),
            ("blocks freed", tally.BlocksQueued, now.BlocksFreed - start.BlocksFreed),
            ("blocks waiting", 0, now.BlocksWaiting),
            ("blocks of user deallocators freed", tally.CodeBlocksQueued, tally.CodeBlocksFreed),
            ("callbacks queued", tally.CallbacksQueued, now.CallbacksQueued - start.CallbacksQueued),
            ("callbacks invoked", tally.CallbacksQueued, now.CallbacksInvoked - start.CallbacksInvoked),
            ("callbacks run", tally.CallbacksQueued, tally.CallbacksRun),
            ("callbacks waiting", 0, now.CallbacksWaiting),
            ("callbacks failed", 0, now.CallbacksFailed - start.CallbacksFailed),
        ];
        return from entry in entries
               where entry.Expected != entry.Found
               select $"The books of the domain '{name}' do not add up: "
                   + $"{entry.What}: {entry.Expected} expected, {entry.Found} found.";
    }

    /// <summary>Brings the subject to rest, and reports what does not add up. Called when its readers and updaters have
    /// ended.</summary>
    public static void Settle(Subject subject)
    {
        subject.AtRest?.Invoke();

        // Callbacks queue themselves again until the pipe's end, each time for one grace period.
        for (int i = 0; i <= Blocks.AgePipe.Stages; i++)
        {
            subject.Domain.Barrier();
        }

        Check(subject);
    }

    /// <summary>Reports what does not add up in a subject that is at rest.</summary>
    public static void Check(Subject subject)
    {
        foreach (string fault in Faults(subject.Name, subject.Start, subject.Domain.GetStatistics(), subject.Tally))
        {
            subject.Failures.Add(fault);
        }

        // Another thread may have taken a report, and be about to raise it.
        SpinWait.SpinUntil(() => subject.Abandoned >= subject.Deaths, s_reportsAreRaised);
        if (subject.Abandoned != subject.Deaths)
        {
            subject.Failures.Add(
                $"{subject.Deaths} readers of '{subject.Name}' died inside sections, "
                + $"{subject.Abandoned} were reported.");
        }

        if (subject.OpenSections != 0)
        {
            subject.Failures.Add(
                $"{subject.OpenSections} sections of '{subject.Name}' are counted as open, and no reader is left.");
        }

        if (subject.Pipe.Underway != 0)
        {
            subject.Failures.Add(
                $"{subject.Pipe.Underway} blocks of the age pipe of '{subject.Name}' did not come back: "
                + "callbacks were lost.");
        }
    }
}
