using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Resources;

// Which side calls the release of a closed resource. The busted one exists to be caught.
internal enum Releasing
{
    /// <summary>The library, when its readers have gone.</summary>
    QueueRelease,

    /// <summary>The updater, at once.</summary>
    AtOnce,
}

// Resources of one kind in one domain. Readers look at those that are in place, while updaters replace them.
internal abstract class ResourceFixture(Subject subject, string what, Releasing releasing)
{
    public const int Places = 4;

    private long _open;
    private long _closed;

    public Subject Subject => subject;

    public ReleaseCounts Releases { get; } = new(what, subject.Failures);

    /// <summary>How many looks found something, and how many came too late.</summary>
    public IEnumerable<(string Name, long Count)> Figures =>
    [
        ($"{what}: made", Releases.Count),
        ("resources looked at", Interlocked.Read(ref _open)),
        ("resources found closed", Interlocked.Read(ref _closed)),
    ];

    protected bool ReleasesAtOnce => releasing == Releasing.AtOnce;

    /// <summary>A reader's look, in its section: dereferences, checks, stays for a while, checks again. The life that
    /// it returns must not be over before the section is; null: there is none, or nothing to ask.</summary>
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

    /// <summary>The last check, just before the section ends.</summary>
    public void LookBack(Life? life)
    {
        if (life is { IsOver: true })
        {
            Fail("was released under a section that had dereferenced it");
        }
    }

    /// <summary>An updater's step: puts something new in a place, and disposes of the old in some way.</summary>
    public abstract void Change(Rng random);

    /// <summary>Called when no reader and no updater is left.</summary>
    public abstract void CloseAll();

    /// <summary>What is still not released once all is at rest.</summary>
    public virtual string? Fault() => Releases.Fault();

    protected abstract Life? LookAt(int place, scoped ref readonly ReadGuard guard, Delay delay, Rng random);

    protected abstract Life? LookAt(int place, SrcuReadLock section, Delay delay, Rng random);

    protected void Fail(string how) =>
        subject.Failures.Add($"A {what} {how} (domain '{subject.Name}', thread '{Thread.CurrentThread.Name}').");

    /// <summary>Now and then closes a resource that readers still find. They may come just in time to be waited for; or
    /// too late, if it is released before it is taken away.</summary>
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

    /// <summary>Closes it in one of the possible ways, or drops it.</summary>
    protected void Discard(IDisposable resource, Life life, Rng random)
    {
        if (ReleasesAtOnce)
        {
            life.End();
            return;
        }

        // Closing cannot fail, even without memory.
        using ExpectedFaults.Scope faults = random.OneIn(4) ? ExpectedFaults.On(random) : default;
        switch (random.Next(8))
        {
            case 0:
                // Dropped: its finalizer must release it.
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
