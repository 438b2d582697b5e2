namespace Quiescent.Tests.Resources.Support;

// How often what lies behind a resource was released. It outlives the resource, so that the tests of dropped ones can
// ask.
internal class Releases
{
    private int _count;

    public virtual int Count => Volatile.Read(ref _count);

    public void Add() => Interlocked.Increment(ref _count);
}

// A resource under test: it can be looked at through a section of either kind, and what lies behind it knows whether it
// is still there.
internal abstract class TestResource(Releases releases) : IDisposable
{
    public Releases Releases { get; } = releases;

    /// <summary>What Dispose does, by the field's word.</summary>
    public abstract void Close();

    /// <summary>Whether a section from before the close finds it afterwards too; a reference is empty at
    /// once.</summary>
    public virtual bool StaysFound => true;

    void IDisposable.Dispose() => Close();

    /// <summary>Dereferences through the guard, and looks at every part of what it gets.</summary>
    /// <exception cref="ObjectDisposedException">It was released.</exception>
    public abstract void Look(scoped ref readonly ReadGuard guard);

    /// <inheritdoc cref="Look(ref readonly ReadGuard)"/>
    public abstract void Look(scoped ref readonly OnlineReadGuard guard);

    /// <inheritdoc cref="Look(ref readonly ReadGuard)"/>
    public abstract void Look(SrcuReadLock section);
}
