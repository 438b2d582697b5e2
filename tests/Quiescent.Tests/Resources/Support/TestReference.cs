namespace Quiescent.Tests.Resources.Support;

// An object that notes its disposal.
internal class Disposable(Releases releases) : IDisposable
{
    public int Count => releases.Count;

    public virtual void Dispose() => releases.Add();
}

internal sealed class TestReference : TestResource
{
    private readonly Disposable _value;
    private readonly RcuReference<Disposable> _reference;

    public TestReference(GracePeriodDomain? domain, Releases releases)
        : base(releases)
    {
        _value = new Disposable(releases);
        _reference = new RcuReference<Disposable>(_value, domain);
    }

    public override bool StaysFound => false;

    public override void Close() => _reference.Dispose();

    public override void Look(scoped ref readonly ReadGuard guard) => Check(guard.Dereference(_reference));

    public override void Look(scoped ref readonly OnlineReadGuard guard) => Check(guard.Dereference(_reference));

    public override void Look(SrcuReadLock section) => Check(section.Dereference(_reference));

    // A closed reference has no object, which is its way to say so.
    private void Check(Disposable? value)
    {
        ObjectDisposedException.ThrowIf(value is null, _reference);
        Assert.Same(_value, value);
        Assert.True(Releases.Count == 0, "An object that was disposed of was dereferenced.");
    }
}
