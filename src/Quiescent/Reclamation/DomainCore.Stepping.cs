namespace Quiescent.Reclamation;

// For Quiescent.Testing: a domain stepped by hand. GracePeriods/Stepping.cs says what is forbidden meanwhile.
internal sealed unsafe partial class DomainCore
{
    public bool IsStepped => Engine.Stepping.IsOn;

    public void BeginSteps()
    {
        ThrowIfDisposed();
        Reclaimer.BeginSteps();
    }

    public void EndSteps() => Reclaimer.EndSteps();

    /// <summary>Takes snapshots of what waits, then drives the grace period that covers it. Returns whether it has
    /// completed.</summary>
    public bool StepGracePeriod()
    {
        RequireSteppingThread();
        Reclaimer.RunStep();
        Engine.Stepping.Allow(isAtStep: true);
        bool completed = Engine.TryAdvance(Engine.NextTarget());
        Engine.Stepping.Allow(isAtStep: false);
        Reports.ReportReaders();
        return completed;
    }

    /// <summary>Reclaims what has expired, as much as one pass does. Returns whether there was any.</summary>
    public bool StepReclaimer()
    {
        RequireSteppingThread();
        return Reclaimer.RunStep();
    }

    private void RequireSteppingThread()
    {
        if (!Engine.Stepping.IsCurrentThread)
        {
            throw new InvalidOperationException("Only the thread that began stepping the domain may take steps.");
        }
    }
}
