using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Resources;

// Who calls the release of what is closed. The busted one is there to be caught.
internal enum Releasing
{
    /// <summary>The library, when its readers have gone.</summary>
    QueueRelease,

    /// <summary>The updater, at once.</summary>
    AtOnce,
}

// Resources of one kind in one domain: some are on show, for readers to look at, while updaters put others in their
// places.
internal abstract class ResourceFixture(Subject subject, string what, Releasing releasing)
{
    public const int Places = 4;

    private long _open;
    private long _closed;

    public Subject Subject => subject;

    public ReleaseCounts Books { get; } = new(what, subject.Failures);

    /// <summary>Looks that found something, and looks that came too late.</summary>
    public IEnumerable<(string Name, long Count)> Figures =>
    [
        ($"{what}: made", Books.Count),
        ("resources looked at", Interlocked.Read(ref _open)),
        ("resources found closed", Interlocked.Read(ref _closed)),
    ];

    protected bool ReleasesAtOnce => releasing == Releasing.AtOnce;

    /// <summary>A reader's look, in its section: dereferences, checks, stays for a while, checks again. What is
    /// returned must not be over before the section is; null: there is none, or nothing to be asked.</summary>
    public Life? Look(scoped ref readonly ReadGuard guard, Delay delay, Rng random)
    {
        try
        {
            Life? life = LookAt(random.Next(Places), in guard, delay, random);
            Interlocked.Increment(ref _open);
            return life;
        }
        catch (ObjectDisposedException)
        {
            Interlocked.Increment(ref _closed);
            return null;
        }
    }

    /// <inheritdoc cref="Look(ref readonly ReadGuard, Delay, Rng)"/>
    public Life? Look(SrcuReadLock section, Delay delay, Rng random)
    {
        try
        {
            Life? life = LookAt(random.Next(Places), section, delay, random);
            Interlocked.Increment(ref _open);
            return life;
        }
        catch (ObjectDisposedException)
        {
            Interlocked.Increment(ref _closed);
            return null;
        }
    }

    /// <summary>The last look, just before the section ends.</summary>
    public void LookBack(Life? life)
    {
        if (life is { IsOver: true })
        {
            Fail("was released under a section that had dereferenced it");
        }
    }

    /// <summary>An updater's step: something new in a place, and what becomes of the old.</summary>
    public abstract void Change(Rng random);

    /// <summary>For when no reader and no updater is left.</summary>
    public abstract void CloseAll();

    /// <summary>What is not released, once all is at rest.</summary>
    public virtual string? Fault() => Books.Fault();

    protected abstract Life? LookAt(int place, scoped ref readonly ReadGuard guard, Delay delay, Rng random);

    protected abstract Life? LookAt(int place, SrcuReadLock section, Delay delay, Rng random);

    protected void Fail(string how) =>
        subject.Failures.Add($"A {what} {how} (domain '{subject.Name}', thread '{Thread.CurrentThread.Name}').");

    /// <summary>Closes what readers still find, now and then: they may come just in time to be waited for, or, when it
    /// has been released before it is taken away, too late.</summary>
    protected void CloseWhereItIs(IDisposable resource, Rng random)
    {
        if (ReleasesAtOnce || !random.OneIn(4))
        {
            return;
        }

        resource.Dispose();
        if (random.OneIn(8))
        {
            subject.Domain.Barrier();
        }

        Thread.SpinWait(random.Next(4_000));
    }

    /// <summary>Closes in one of the ways there are, or drops.</summary>
    protected void Discard(IDisposable resource, Life life, Rng random)
    {
        if (ReleasesAtOnce)
        {
            life.End();
            return;
        }

        // Closing cannot fail, whatever it may run out of.
        using ExpectedFaults.Scope faults = random.OneIn(4) ? ExpectedFaults.On(random) : default;
        switch (random.Next(8))
        {
            case 0:
                // Dropped: its finalizer is to release it.
                break;
            case 1:
                Parallel.Invoke(resource.Dispose, resource.Dispose);
                break;
            default:
                resource.Dispose();
                if (random.OneIn(4))
                {
                    resource.Dispose();
                }

                break;
        }
    }
}
