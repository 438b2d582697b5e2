using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// A thread that serves domains whose blocks are freed by the built-in deallocators and pools. It takes a step in each
// domain that is due, and sleeps until the next is.
//
// O8  It runs no user code: a domain in which some waits, or that has something to report, gets a thread of its own
//     (ServedDomain.TryStep). So what one domain's code does holds no other domain up.
// O9 (nothing sleeps on work)  A domain that asks is in the list of those that asked when Serve returns, and there is a
//     thread that has yet to look there: it looks under the gate before it ends, under the same hold of the gate in
//     which it says that there is no thread. If no thread can be started, the domain stays in the list, for the next
//     caller that can start one.
// A thread that serves a domain keeps it reachable, and leaves it as soon as it is idle.
//
// Checked by: shared.pml; SharedReclaimerTests, also systematic; mutants shared-thread-*.
internal sealed class SharedReclaimer(int number, TimeSpan idleTimeout, PacingClock clock)
{
    private int _gate;
    private Signal? _signal; // Of the thread that serves; null if there is none.
    private ServedDomain? _asked;
    private ServedDomain? _served; // The thread's own.
    private bool _progress;
    private long _nextDueAt;

    /// <summary>The thread, or one that is started now, will take the domain's claim, unless another thread has
    /// it.</summary>
    /// <exception cref="ThreadStartException">The platform has no thread to give.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for one.</exception>
    public void Serve(ServedDomain domain)
    {
        domain.Count(1);
        if (!TryAsk(domain, out Signal? signal))
        {
            domain.Count(-1); // Somebody has asked before.
        }

        if (signal is not null)
        {
            signal.Set();
            return;
        }

        // Outside the gate, like each start (O8). Of two threads that are started one serves, and the other one ends.
        Signal made = new();
        FaultInjection.ThrowIfDue(FaultSite.ThreadStart);
        string name = number.ToString(CultureInfo.InvariantCulture);
        Threads.Start(Threads.Create(() => Run(made), $"rcu reclaimer (shared, {name})"));
    }

    private bool TryAsk(ServedDomain domain, out Signal? signal)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        signal = _signal;
        if (domain.IsAsked)
        {
            return false;
        }

        domain.IsAsked = true;
        domain.NextAsked = _asked;
        _asked = domain;
        return true;
    }

    private void Run(Signal signal)
    {
        if (!TryBegin(signal))
        {
            return;
        }

        Backoff backoff = default;
        while (true)
        {
            try
            {
                TakeAsked();
                StepAll(signal);
                if (_served is null)
                {
                    if (!Rest(signal, idleTimeout) && TryEnd())
                    {
                        return;
                    }
                }
                else if (_progress)
                {
                    backoff.Restart();
                }
                else if (_nextDueAt - clock.Now is > 0 and var ticks)
                {
                    Rest(signal, TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency));
                    backoff.Restart();
                }
                else
                {
                    backoff.PauseUninterrupted();
                }
            }
            catch (OutOfMemoryException)
            {
                // Code that runs for the first time takes some memory. Nothing is left half-way.
            }
        }
    }

    private bool TryBegin(Signal signal)
    {
        while (true)
        {
            try
            {
                using TryLock.Holder holder = TryLock.Hold(ref _gate);
                _signal ??= signal;
                return _signal == signal;
            }
            catch (OutOfMemoryException)
            {
                // Those that asked rely on the thread.
            }
        }
    }

    private bool TryEnd()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_asked is not null)
        {
            return false;
        }

        _signal = null;
        return true;
    }

    private void TakeAsked()
    {
        while (TakeOneAsked() is { } domain)
        {
            if (domain.IsServed)
            {
                domain.Count(-1); // It asked while its claim was given up for a moment.
                continue;
            }

            domain.BeginServed(_served);
            _served = domain;
        }
    }

    private ServedDomain? TakeOneAsked()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_asked is not { } domain)
        {
            return null;
        }

        _asked = domain.NextAsked;
        domain.NextAsked = null;
        domain.IsAsked = false;
        return domain;
    }

    // Not inlined: no local of a method that sleeps may keep a domain reachable that was left.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StepAll(Signal signal)
    {
        long now = clock.Now;
        _progress = false;
        _nextDueAt = long.MaxValue;
        ServedDomain? previous = null;
        ServedDomain? next;
        for (ServedDomain? domain = _served; domain is not null; domain = next)
        {
            next = domain.NextServed;
            if (domain.IsDue(now) && !domain.TryStep(signal, now, ref _progress))
            {
                Unlink(domain, previous);
                continue;
            }

            // One that had given the claim up for a moment, when somebody made a step due, found no signal to set.
            _nextDueAt = Math.Min(_nextDueAt, domain.IsMadeDue ? now : domain.DueAt);
            previous = domain;
        }
    }

    private void Unlink(ServedDomain domain, ServedDomain? previous)
    {
        if (previous is null)
        {
            _served = domain.NextServed;
        }
        else
        {
            previous.NextServed = domain.NextServed;
        }

        domain.EndServed();
    }

    // Ends early when a domain asks, or expedites.
    private static bool Rest(Signal signal, TimeSpan time)
    {
        try
        {
            return signal.Wait(time);
        }
        catch (ThreadInterruptedException)
        {
            return true;
        }
    }
}
