using System.Runtime.InteropServices;
using Quiescent;

namespace Telemetry;

// A cache outside the garbage-collected heap, in a domain of its own: one thread replaces entries, two read them.
internal sealed unsafe class Cache : IDisposable
{
    private readonly RcuDomain _domain;
    private readonly RcuPointer<Entry>[] _entries;
    private long _reads;

    public Cache(string name, int entries)
    {
        _domain = new RcuDomain(new RcuDomainOptions { Name = name });
        _entries = new RcuPointer<Entry>[entries];
        for (int i = 0; i < entries; i++)
        {
            _entries[i].Assign(NewEntry(price: i));
        }
    }

    public long Reads => _reads;

    public void Work(int updates)
    {
        bool done = false;
        Thread[] readers = [new(Read), new(Read)];
        Array.ForEach(readers, static reader => reader.Start());
        for (int i = 0; i < updates; i++)
        {
            _domain.Free(_entries[i % _entries.Length].Exchange(NewEntry(price: i)));
        }

        Volatile.Write(ref done, true);
        Array.ForEach(readers, static reader => reader.Join());

        void Read()
        {
            Random random = new();
            long reads = 0;
            for (; !Volatile.Read(ref done) || reads == 0; reads++)
            {
                using ReadGuard guard = _domain.ReadLock();
                _ = guard.Dereference(in _entries[random.Next(_entries.Length)]).Price;
            }

            Interlocked.Add(ref _reads, reads);
        }
    }

    /// <summary>Returns when all that was replaced has been freed.</summary>
    public void Settle() => _domain.Barrier();

    public void Dispose()
    {
        foreach (ref RcuPointer<Entry> entry in _entries.AsSpan())
        {
            _domain.Free(entry.Exchange(null));
        }

        _domain.Dispose();
    }

    // SAFETY: what the domain frees with its default deallocator.
    private static Entry* NewEntry(long price)
    {
        Entry* entry = (Entry*)NativeMemory.Alloc((nuint)sizeof(Entry));
        entry->Price = price;
        return entry;
    }

    private struct Entry
    {
        public long Price;
    }
}
