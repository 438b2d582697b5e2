using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Resources;

// The state behind one resource, from its creation to its one release. It outlives the resource, so that a reader can
// ask it.
internal sealed class Life
{
    private readonly ReleaseCounts _counts;
    private int _releases;

    public Life(ReleaseCounts counts)
    {
        _counts = counts;
        counts.Made();
    }

    public bool IsOver => Volatile.Read(ref _releases) != 0;

    /// <summary>Called by whatever the library calls when it releases the resource.</summary>
    public void End()
    {
        if (Interlocked.Increment(ref _releases) != 1)
        {
            _counts.Failures.Add($"A {_counts.What} was released twice.");
            return;
        }

        _counts.Released();
    }
}

// The torture's own counts for one kind of resource: made = released, exactly, when all is at rest.
internal sealed class ReleaseCounts(string what, FailureLog failures)
{
    private long _made;
    private long _released;

    public string What => what;

    public FailureLog Failures => failures;

    public long Count => Interlocked.Read(ref _made);

    public bool IsBalanced => Interlocked.Read(ref _released) == Count;

    public void Made() => Interlocked.Increment(ref _made);

    public void Released() => Interlocked.Increment(ref _released);

    public string? Fault() => IsBalanced
        ? null
        : $"Of {Count} resources of the kind '{what}' {Interlocked.Read(ref _released)} were released.";
}
