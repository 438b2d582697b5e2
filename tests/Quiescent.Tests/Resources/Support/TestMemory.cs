namespace Quiescent.Tests.Resources.Support;

// The owner of native memory. What it gives back is poisoned and stays readable, so that a late reader sees poison.
internal sealed unsafe class PoisoningOwner : IDisposable
{
    public const int Length = 300;

    private readonly Releases _releases;
    private readonly nint _memory;

    public PoisoningOwner(int stamp, Releases releases)
    {
        _releases = releases;
        _memory = (nint)QuarantineHeap.Allocate(Length * sizeof(int));
        new Span<int>((void*)_memory, Length).Fill(stamp);
    }

    public int* Memory => (int*)_memory;

    public void Dispose()
    {
        try
        {
            QuarantineHeap.Free((void*)_memory);
        }
        finally
        {
            _releases.Add(); // A second release throws above, and counts.
        }
    }
}

internal sealed unsafe class TestMemory : TestResource
{
    public const int Stamp = 0x1234;

    private readonly RcuMemoryManager<int> _manager;

    public TestMemory(GracePeriodDomain? domain, Releases releases)
        : base(releases)
    {
        PoisoningOwner owner = new(Stamp, releases);
        _manager = new RcuMemoryManager<int>(owner.Memory, PoisoningOwner.Length, owner, domain);
    }

    public RcuMemoryManager<int> Manager => _manager;

    public override void Close() => ((IDisposable)_manager).Dispose();

    public override void Look(scoped ref readonly ReadGuard guard) => Check(guard.Dereference(_manager));

    public override void Look(scoped ref readonly OnlineReadGuard guard) => Check(guard.Dereference(_manager));

    public override void Look(SrcuReadLock section) => Check(section.Dereference(_manager));

    private static void Check(ReadOnlySpan<int> span)
    {
        Assert.Equal(PoisoningOwner.Length, span.Length);
        Assert.True(!span.ContainsAnyExcept(Stamp), $"The memory holds {span[0]:x} and not what was written there.");
    }
}
