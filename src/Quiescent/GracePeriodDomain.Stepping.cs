namespace Quiescent;

// For Quiescent.Testing: a domain stepped by hand. What is forbidden meanwhile stands in GracePeriods/Stepping.cs.
public abstract unsafe partial class GracePeriodDomain
{
    internal bool IsStepped => _engine.Stepping.IsOn;

    internal void BeginSteps()
    {
        ThrowIfClosed();
        if (_isDefault)
        {
            throw new InvalidOperationException("The default domain is the whole process's: step one of your own.");
        }

        _reclaimer.BeginSteps();
    }

    internal void EndSteps() => _reclaimer.EndSteps();

    /// <summary>Notes what waits, then drives the grace period that covers it. Returns whether it has completed.</summary>
    internal bool StepGracePeriod()
    {
        RequireSteppingThread();
        _reclaimer.RunStep();
        _engine.Stepping.Allow(isAtStep: true);
        bool completed = _engine.TryAdvance(_engine.NextTarget());
        _engine.Stepping.Allow(isAtStep: false);
        _reportReaders();
        return completed;
    }

    /// <summary>Carries out what is covered, as much as one pass does. Returns whether there was any.</summary>
    internal bool StepReclaimer()
    {
        RequireSteppingThread();
        return _reclaimer.RunStep();
    }

    private void RequireSteppingThread()
    {
        if (!_engine.Stepping.IsCurrentThread)
        {
            throw new InvalidOperationException("Steps are taken by the thread that began them.");
        }
    }
}
