using Quiescent;

namespace MappedCatalog.Serving;

/// <summary>
/// The catalog file that is served, mapped into memory, and the domain whose sections keep a mapping from going under
/// them.
/// </summary>
internal sealed class Catalog : IDisposable
{
    private readonly SrcuDomain _domain = new(new RcuDomainOptions { Name = "catalog" });
    private readonly RcuMemoryMappedFile _file;
    private long _opened = 1;
    private long _sections;
    private long _sectionsMoved;

    /// <summary>Maps the first file.</summary>
    public Catalog(string path) => _file = new RcuMemoryMappedFile(path, _domain);

    /// <summary>Mappings opened so far.</summary>
    public long MappingsOpened => Interlocked.Read(ref _opened);

    /// <summary>Mappings that are not unmapped yet: the current one, and those that a section may still read.</summary>
    public long MappingsOpen => _file.MappingsOpen;

    public long Sections => Interlocked.Read(ref _sections);

    /// <summary>Sections that ended on another thread than they began on.</summary>
    public long SectionsMoved => Interlocked.Read(ref _sectionsMoved);

    public long SectionsOpen => _domain.OpenSections;

    public RcuStatistics Statistics => _domain.GetStatistics();

    /// <summary>Begins a section, which sees one file from its beginning to its end.</summary>
    public Section Read()
    {
        Interlocked.Increment(ref _sections);
        return new Section(this, _domain.ReadLock());
    }

    /// <summary>Maps another file in place of the current one, which is unmapped once no section can be reading
    /// it.</summary>
    public void Replace(string path)
    {
        _file.Replace(path);
        Interlocked.Increment(ref _opened);
    }

    /// <summary>Completes when every file that was replaced before the call is unmapped.</summary>
    public ValueTask UnmappedAsync() => _domain.BarrierAsync();

    /// <summary>Unmaps the last file too. Waits for sections; returns when every mapping is gone.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _domain.Dispose();
    }

    /// <summary>A read-side critical section over one file, whatever is swapped meanwhile. It may be held across
    /// awaits.</summary>
    public readonly struct Section : IDisposable
    {
        private readonly Catalog _catalog;
        private readonly SrcuReadLock _lock;
        private readonly int _thread = Environment.CurrentManagedThreadId;

        internal Section(Catalog catalog, SrcuReadLock readLock)
        {
            _catalog = catalog;
            _lock = readLock;

            // Once: a second dereference in the same section would give the newer file.
            File = readLock.DereferenceMemory(catalog._file);
        }

        /// <summary>The file's bytes, where they are mapped. Not to be used after the section.</summary>
        public ReadOnlyMemory<byte> File { get; }

        public void Dispose()
        {
            if (Environment.CurrentManagedThreadId != _thread)
            {
                Interlocked.Increment(ref _catalog._sectionsMoved);
            }

            _lock.Dispose();
        }
    }
}
