using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Resources;

// What lies behind one resource: there from its making to its one release. It outlives the resource, so that a reader
// can ask it.
internal sealed class Life
{
    private readonly ReleaseCounts _books;
    private int _releases;

    public Life(ReleaseCounts books)
    {
        _books = books;
        books.Made();
    }

    public bool IsOver => Volatile.Read(ref _releases) != 0;

    /// <summary>By whatever the library calls when it releases the resource.</summary>
    public void End()
    {
        if (Interlocked.Increment(ref _releases) != 1)
        {
            _books.Failures.Add($"A {_books.What} was released twice.");
            return;
        }

        _books.Released();
    }
}

// The torture's own books of one kind of resource: made = released, exactly, when all is at rest.
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

    public string? Fault() => IsBalanced ? null : $"Of {Count} resources of the kind '{what}' {Interlocked.Read(ref _released)} were released.";
}
