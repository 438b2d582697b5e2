namespace Quiescent.Tests.Resources.Support;

// A parked reader of a domain of either kind, which looks at resources through its section when it is told to.
internal sealed class Visitor : IDisposable
{
    private readonly ParkedReader _reader;
    private readonly bool _isSleepable;

    public Visitor(GracePeriodDomain domain, ParkedReaderKind kind = ParkedReaderKind.Section)
    {
        _isSleepable = domain is SrcuDomain;
        _reader = domain is SrcuDomain sleepable
            ? new ParkedReader(sleepable)
            : new ParkedReader((RcuDomain)domain, kind);
    }

    /// <summary>Has the visitor look, and throws what it throws.</summary>
    public void Look(TestResource resource)
    {
        if (_isSleepable)
        {
            _reader.Run(section => resource.Look(section));
        }
        else
        {
            _reader.Run((scoped ref readonly ReadGuard guard) => resource.Look(in guard));
        }
    }

    /// <summary>Has the visitor look once more, after the close: the resource is not released, and the visitor finds it
    /// again, unless a closed resource of this kind cannot be found.</summary>
    public void LookAgain(TestResource resource)
    {
        Assert.True(resource.Releases.Count == 0, "The resource was released under its reader.");
        if (resource.StaysFound)
        {
            Look(resource);
        }
    }

    /// <summary>Has the visitor look. Null, or what it threw.</summary>
    public Exception? TryLook(TestResource resource) => Record.Exception(() => Look(resource));

    /// <summary>Ends the section; returns when the thread has ended.</summary>
    public void Leave() => _reader.Release();

    public void Dispose() => _reader.Dispose();
}
