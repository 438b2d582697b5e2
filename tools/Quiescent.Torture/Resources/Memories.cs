using System.Buffers;
using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Resources;

// Native memory in which each word is its owner's stamp, until the owner is disposed of: then it is poison, and is used
// again later.
internal sealed unsafe class Memories : ResourceFixture, IDisposable
{
    private const int Words = 48;
    private const int KeptPoisoned = 256;
    private const long Poison = 0x6B6B6B6B6B6B6B6B;

    private readonly Lock _lock = new();
    private readonly Queue<nint> _poisoned = [];
    private readonly Shown[] _places;
    private long _stamps;

    public Memories(Subject subject, Releasing releasing)
        : base(subject, "piece of native memory", releasing) =>
        _places = [.. Enumerable.Range(0, Places).Select(_ => New())];

    public override void Change(Rng random)
    {
        ref Shown place = ref _places[random.Next(Places)];
        CloseWhereItIs(Volatile.Read(ref place).Manager, random);
        Shown old = Interlocked.Exchange(ref place, New());
        if (ReleasesAtOnce)
        {
            old.Owner.Dispose();
        }
        else if (random.OneIn(8))
        {
            PinAcrossTheClose(old, random);
        }
        else
        {
            Discard(old.Manager, old.Owner.Life, random);
        }
    }

    public override void CloseAll() => Array.ForEach(_places, shown => ((IDisposable)shown.Manager).Dispose());

    /// <summary>Called when the domain is gone.</summary>
    public void Dispose()
    {
        while (_poisoned.TryDequeue(out nint memory))
        {
            NativeMemory.Free((void*)memory);
        }
    }

    protected override Life? LookAt(int place, scoped ref readonly ReadGuard guard, Delay delay, Rng random)
    {
        Shown shown = Volatile.Read(ref _places[place]);
        return Check(shown.Owner, guard.Dereference(shown.Manager), delay, random);
    }

    protected override Life? LookAt(int place, SrcuReadLock section, Delay delay, Rng random)
    {
        Shown shown = Volatile.Read(ref _places[place]);
        return Check(shown.Owner, section.Dereference(shown.Manager), delay, random);
    }

    private Life? Check(Owner owner, ReadOnlySpan<long> span, Delay delay, Rng random)
    {
        MustHold(owner.Stamp, span);
        delay.Spend(random);
        MustHold(owner.Stamp, span);
        return owner.Life;
    }

    private void MustHold(long stamp, ReadOnlySpan<long> span)
    {
        int wrong = span.IndexOfAnyExcept(stamp);
        if (span.Length != Words || wrong >= 0)
        {
            Fail($"holds {(wrong < 0 ? 0 : span[wrong]):x} at {wrong} of {span.Length} under a section, not {stamp:x}");
        }
    }

    private void PinAcrossTheClose(Shown shown, Rng random)
    {
        MemoryHandle pin;
        try
        {
            pin = shown.Manager.Pin(random.Next(Words));
        }
        catch (ObjectDisposedException)
        {
            return; // Closed in its place, and released by now.
        }

        Discard(shown.Manager, shown.Owner.Life, random);
        Thread.SpinWait(random.Next(2_000));
        if (*(long*)pin.Pointer != shown.Owner.Stamp)
        {
            Fail("was released while it was pinned");
        }

        pin.Dispose();
    }

    private Shown New()
    {
        Owner owner = new(this, Take(), Interlocked.Increment(ref _stamps), new Life(Releases));
        return new Shown(new RcuMemoryManager<long>(owner.Memory, Words, owner, Subject.Domain), owner);
    }

    private nint Take()
    {
        lock (_lock)
        {
            if (_poisoned.Count > KeptPoisoned)
            {
                return _poisoned.Dequeue();
            }
        }

        return (nint)NativeMemory.Alloc(Words, sizeof(long));
    }

    private void Give(nint memory)
    {
        // SAFETY: the owner's, whose readers are gone if the library is right; if it is wrong, the memory stays
        // readable
        // for them.
        new Span<long>((void*)memory, Words).Fill(Poison);
        lock (_lock)
        {
            _poisoned.Enqueue(memory);
        }
    }

    private sealed record Shown(RcuMemoryManager<long> Manager, Owner Owner);

    private sealed class Owner : IDisposable
    {
        private readonly Memories _memories;
        private readonly nint _memory;

        public Owner(Memories memories, nint memory, long stamp, Life life)
        {
            _memories = memories;
            _memory = memory;
            Stamp = stamp;
            Life = life;
            new Span<long>((void*)memory, Words).Fill(stamp);
        }

        public long Stamp { get; }

        public Life Life { get; }

        public long* Memory => (long*)_memory;

        public void Dispose()
        {
            Life.End();
            _memories.Give(_memory);
        }
    }
}
