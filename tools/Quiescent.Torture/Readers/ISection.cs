namespace Quiescent.Torture.Readers;

// A reader's work in a read-side critical section of any kind.
internal unsafe interface ISection
{
    T* Dereference<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged;
}

// A section that belongs to a thread. The guard is a copy, and is not disposed of.
internal readonly unsafe ref struct GuardedSection(ReadGuard guard) : ISection
{
    private readonly ReadGuard _guard = guard;

    public T* Dereference<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged => _guard.DereferencePointer(in pointer);
}

// A section of an online reader.
internal readonly unsafe ref struct OnlineSection(OnlineReadGuard guard) : ISection
{
    private readonly OnlineReadGuard _guard = guard;

    public T* Dereference<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged => _guard.DereferencePointer(in pointer);
}

// A section that may await.
internal readonly unsafe struct SleepableSection(SrcuReadLock section) : ISection
{
    public T* Dereference<T>(scoped ref readonly RcuPointer<T> pointer)
        where T : unmanaged => section.DereferencePointer(in pointer);
}
