using Quiescent.Tests.Support;

namespace Quiescent.Tests.Modules;

// A domain's reclaimer inside a callback that does not return until it is released: grace periods end, callbacks wait.
internal sealed class BusyReclaimer : IDisposable
{
    private readonly GracePeriodDomain _domain;
    private readonly ManualResetEventSlim _release = new();

    public BusyReclaimer(GracePeriodDomain domain)
    {
        _domain = domain;
        using ManualResetEventSlim entered = new();
        domain.Call(() =>
        {
            entered.Set();
            _release.Wait();
        });
        Until.Set(entered);
    }

    public void Release() => _release.Set();

    public void Dispose()
    {
        Release();
        Until.True(() => _domain.GetStatistics().CallbacksWaiting == 0);
        _release.Dispose();
    }
}
