namespace Quiescent.Systematic.Support;

// A published block and what threads do with it.
internal sealed unsafe class Published
{
    private RcuPointer<Block> _pointer;

    public Published() => _pointer.Assign(Block.Create());

    public ref readonly RcuPointer<Block> Pointer => ref _pointer;

    /// <summary>Reads the block inside a section of its own.</summary>
    public void ReadIn(RcuDomain domain)
    {
        using ReadGuard guard = domain.ReadLock();
        Block.Read(guard.DereferencePointer(in _pointer));
    }

    /// <summary>Reads the block inside a sleepable section of its own.</summary>
    public void ReadIn(SrcuDomain domain)
    {
        using SrcuReadLock section = domain.ReadLock();
        Block.Read(section.DereferencePointer(in _pointer));
    }

    /// <summary>Reads the block inside a section around another that ends first.</summary>
    public void ReadAroundSectionOf(RcuDomain domain)
    {
        using ReadGuard outer = domain.ReadLock();
        Block* block = outer.DereferencePointer(in _pointer);
        ReadIn(domain);
        Block.Read(block);
    }

    /// <summary>The block, for a thread that has opened a section itself.</summary>
    public void ReadIn(in ReadGuard guard) => Block.Read(guard.DereferencePointer(in _pointer));

    /// <summary>Publishes another block. Returns the previous one, now unlinked.</summary>
    public Block* Replace(int number = 0) => _pointer.Exchange(Block.Create(number));
}
