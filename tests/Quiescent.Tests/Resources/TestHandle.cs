namespace Quiescent.Tests.Resources;

// A handle that knows how often it was released.
internal sealed class TestHandle : RcuSafeHandle
{
    private int _releases;

    public TestHandle(nint value, GracePeriodDomain domain)
        : base(invalidHandleValue: 0, ownsHandle: true, domain) => SetHandle(value);

    public int Releases => Volatile.Read(ref _releases);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Interlocked.Increment(ref _releases);
        return true;
    }
}
