using System.Diagnostics;
using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// A domain as a shared reclaimer sees it: whether a step is due, and what comes of it. Only that thread uses it, but
// for the two members that say otherwise.
//
// O9 (nothing sleeps on work)  Who wants a step now stores what he wants, makes a step due [Y], and sets the signal of
//     the thread that has the claim. Outcomes:
//       - he finds the signal: the thread looks again at what is due;
//       - he finds none, since the thread had given the claim up for a moment: behind the fence of TryTake it finds a
//         step due (SharedReclaimer.StepAll).
//     The step clears the word [Z] before it reads what is wanted. Outcomes:
//       - [Z] comes behind [Y]: the step reads what he wants;
//       - [Z] comes first: the word stays set, and another step is due.
//
// Checked by: shared.pml; SharedReclaimerTests; mutant shared-thread-is-not-expedited.
internal sealed class ServedDomain(DomainCore core, Reclaimer reclaimer, ReclaimerClaim claim, ReclaimerRun run)
{
    // Steps in vain that follow one another at once. After that a reader is in the way, and steps are a millisecond
    // apart.
    private const int EagerSteps = 32;

    private static readonly long s_poll = Stopwatch.Frequency / 1000;

    private int _stepsInVain;
    private int _isMadeDue;
    private bool _hasBegun;
    private bool _wasRefused; // A thread of the domain's own.

    /// <summary>Whether the domain has asked to be served; under the shared reclaimer's gate, as is
    /// <see cref="NextAsked"/>.</summary>
    public bool IsAsked { get; set; }

    public ServedDomain? NextAsked { get; set; }

    /// <summary>Whether the domain is in the shared reclaimer's list, linked by <see cref="NextServed"/>.</summary>
    public bool IsServed { get; private set; }

    public ServedDomain? NextServed { get; set; }

    /// <summary>When the next step is due, by the Stopwatch.</summary>
    public long DueAt { get; private set; }

    /// <summary>From here on the domain is in the list, ahead of the given one.</summary>
    public void BeginServed(ServedDomain? next)
    {
        IsServed = true;
        NextServed = next;
        DueAt = 0;
    }

    public void EndServed()
    {
        IsServed = false;
        NextServed = null;
        Count(-1);
    }

    /// <summary>Makes a step due now. Any thread may call it, ahead of the signal.</summary>
    public void MakeDue() =>
        Order.CompareExchange(ref _isMadeDue, 1, 0); // [Y] partners: [Z], and TryTake; outcomes above at O9.

    /// <summary>The domain asks to be served, or is served no more (-1). Any thread may call it.</summary>
    public void Count(int change) => claim.CountStarted(change);

    /// <summary>Whether somebody has made a step due that has not been taken.</summary>
    public bool IsMadeDue => Order.Acquire(in _isMadeDue) != 0;

    public bool IsDue(long now) => DueAt <= now || IsMadeDue;

    /// <summary>Takes a step, with the domain's claim. False: the thread has given the claim up, or cannot have it. The
    /// domain is idle, disposed of, or served by another thread from here on.</summary>
    public bool TryStep(Signal signal, long now, ref bool progress)
    {
        Order.CompareExchange(ref _isMadeDue, 0, 1); // [Z] partner: [Y] in MakeDue; outcomes above at O9.
        TimeSpan untilNext = TimeSpan.Zero;
        bool hasProgressed = false;
        try
        {
            if (!TryBegin(signal))
            {
                return false;
            }

            hasProgressed = run.Step(out untilNext);
            core.Reports.ReportEventsOnPool();
            if (TryLeave(signal))
            {
                return false;
            }
        }
        catch (OutOfMemoryException)
        {
            // The next step takes up what could not be completed for lack of memory; no queue is left half-way.
        }

        Schedule(now, hasProgressed, untilNext);
        progress |= hasProgressed;
        return true;
    }

    private bool TryBegin(Signal signal)
    {
        if (!claim.IsCurrentThread)
        {
            _hasBegun = false;
            if (!claim.TryTake(signal))
            {
                return false;
            }
        }

        if (!_hasBegun)
        {
            run.Begin(default, mayRunCode: false, goesOn: _wasRefused);
            _stepsInVain = 0;
            _hasBegun = true;
            _wasRefused = false;
        }

        return true;
    }

    private bool TryLeave(Signal signal)
    {
        bool hasWork = run.HasWork();
        if (reclaimer.IsStopping && !hasWork)
        {
            claim.GiveUp();
            return true;
        }

        // Reports are asked about when a reader is in the way, or when nothing else is left to do.
        if (run.HasMetCode || ((!hasWork || IsPolled) && core.Reports.Look()))
        {
            _wasRefused = !reclaimer.TryHandOver();
            _stepsInVain = EagerSteps; // The next step comes in a while, and tries again.
            return !_wasRefused;
        }

        if (hasWork || !run.IsIdle() || !reclaimer.TryLeave(signal))
        {
            return false;
        }

        core.Reports.ReportEventsOnPool(); // Those that came since the step.
        return true;
    }

    private bool IsPolled => _stepsInVain >= EagerSteps;

    private void Schedule(long now, bool hasProgressed, TimeSpan untilNext)
    {
        _stepsInVain = hasProgressed && !run.HasMetCode ? 0 : Math.Min(_stepsInVain + 1, EagerSteps);
        DueAt = untilNext > TimeSpan.Zero ? now + Ticks(untilNext)
            : IsPolled ? now + s_poll
            : 0;
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
