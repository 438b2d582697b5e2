namespace Quiescent.Tests.Support;

// A sleepable section that also ends when the test fails, since the domain's disposal would wait for it.
internal sealed class OpenSection(SrcuDomain domain) : IDisposable
{
    private SrcuReadLock? _lock = domain.ReadLock();

    public SrcuReadLock Lock => _lock!.Value;

    public void Dispose()
    {
        _lock?.Dispose();
        _lock = null;
    }
}
