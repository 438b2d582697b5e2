namespace Quiescent.Tests.Resources.Support;

// A domain stepped by the test: grace periods pass, and what waits is released, only when it says so.
internal sealed class Steps : IDisposable
{
    private const int ManyGracePeriods = 5;

    private readonly GracePeriodDomain _domain;
    private bool _isStepping;

    public Steps(GracePeriodDomain domain)
    {
        _domain = domain;
        domain.Core.BeginSteps();
        _isStepping = true;
    }

    /// <summary>Starts a grace period, and ends it if no reader is in the way. Whether it has ended.</summary>
    public bool TryAdvance() => _domain.Core.StepGracePeriod();

    /// <summary>As many grace periods as can pass now, and all that they cover is released. However many a release
    /// takes.</summary>
    public void Advance()
    {
        for (int i = 0; i < ManyGracePeriods; i++)
        {
            _domain.Core.StepGracePeriod();
            while (_domain.Core.StepReclaimer())
            {
            }
        }
    }

    public void Dispose()
    {
        if (_isStepping)
        {
            _isStepping = false;
            _domain.Core.EndSteps();
        }
    }
}
