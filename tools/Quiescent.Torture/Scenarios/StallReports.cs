using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Scenarios;

// rcutorture's stall test: a reader stays in its section until the domain has named it.
internal static class StallReports
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(200);

    public static void Populate(Session session)
    {
        RcuSubject subject = session.Add(RcuSubject.New("stall", session.Failures, stallTimeout: s_timeout));
        StallWitness witness = new(subject.Name, s_timeout, session.Failures);
        session.Own(witness);
        subject.Domain.Stalled += witness.OnStalled;
        session.Add(new Staller(session, subject, witness));
    }
}

internal sealed unsafe class Staller(Session session, RcuSubject subject, StallWitness witness)
    : Actor("staller", session)
{
    private int _round;

    protected override void Step()
    {
        string name = $"overstayer {_round++}";
        using ManualResetEventSlim entered = new();
        Thread overstayer = new(() => Overstay(entered), maxStackSize: 256 * 1024) { Name = name, IsBackground = true };
        witness.Expect(name);
        overstayer.Start();
        entered.Wait();
        Doing("waiting under a reader that stays until it is reported as stalled");
        switch (_round % 3)
        {
            case 0:
                subject.Domain.Synchronize();
                break;
            case 1:
                // Here the reclaimer detects the stall.
                subject.Domain.SynchronizeAsync().AsTask().GetAwaiter().GetResult();
                break;
            default:
                // SAFETY: a block that nobody has seen.
                subject.Domain.Free(NativeMemory.Alloc(64));
                subject.Tally.BlockQueued();
                subject.Domain.Barrier();
                break;
        }

        overstayer.Join();
        if (!witness.HasReport)
        {
            Session.Failures.Add(
                $"A grace period has passed under '{name}', which stays until it is reported as stalled.");
        }

        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Next(100)));
    }

    private void Overstay(ManualResetEventSlim entered)
    {
        using ReadGuard guard = subject.ReadLock();
        entered.Set();

        // The wait is meant: under this context Validate does not see it. Not for ever, so that the process can come to
        // rest after a failure.
        SynchronizationContext.SetSynchronizationContext(null);
        witness.AwaitReport(Session.Watchdog.Limit * 2);
    }
}

// Receives the reports, and compares them with the known stall.
internal sealed class StallWitness(string domain, TimeSpan timeout, Watch.FailureLog failures) : IDisposable
{
    private readonly ManualResetEventSlim _report = new();
    private volatile string _expected = "";

    public bool HasReport => _report.IsSet;

    public void Expect(string thread)
    {
        _report.Reset();
        _expected = thread;
    }

    public void Dispose() => _report.Dispose();

    public void AwaitReport(TimeSpan atMost) => _report.Wait(atMost);

    public void OnStalled(object? sender, StallEventArgs report) =>
        OnStalled(report.DomainName, report.ThreadName, report.Duration);

    public void OnStalled(string reportedDomain, string? thread, TimeSpan duration)
    {
        if (reportedDomain != domain || thread != _expected || duration < timeout)
        {
            failures.Add(
                $"Thread '{thread}' of the domain '{reportedDomain}' was reported as stalled "
                + $"after {duration.TotalMilliseconds} ms, "
                + $"where it was '{_expected}' of '{domain}' for {timeout.TotalMilliseconds} ms.");
        }

        _report.Set();
    }
}
