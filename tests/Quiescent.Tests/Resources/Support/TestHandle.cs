namespace Quiescent.Tests.Resources.Support;

// A handle that the test gave out.
internal sealed class NumberHandle : RcuSafeHandle
{
    private readonly Releases _releases;

    public NumberHandle(nint number, Releases releases, GracePeriodDomain? domain, bool ownsHandle = true)
        : base(0, ownsHandle, domain)
    {
        _releases = releases;
        SetHandle(number);
    }

    /// <summary>How often it was released.</summary>
    public int Releases => _releases.Count;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _releases.Add();
        return true;
    }
}

internal sealed class TestHandle : TestResource
{
    private static int s_last;

    private readonly nint _number = Interlocked.Increment(ref s_last);
    private readonly NumberHandle _handle;

    public TestHandle(GracePeriodDomain? domain, Releases releases)
        : base(releases) => _handle = new NumberHandle(_number, releases, domain);

    public NumberHandle Handle => _handle;

    public override void Close() => _handle.Dispose();

    public override void Look(scoped ref readonly ReadGuard guard) => Check(guard.Dereference(_handle));

    public override void Look(scoped ref readonly OnlineReadGuard guard) => Check(guard.Dereference(_handle));

    public override void Look(SrcuReadLock section) => Check(section.Dereference(_handle));

    private void Check(nint number)
    {
        Assert.Equal(_number, number);
        Assert.True(Releases.Count == 0, "A released handle was dereferenced.");
    }
}
