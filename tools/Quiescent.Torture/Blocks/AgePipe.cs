using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Blocks;

// rcutorture's pipe. A block is published, then unlinked, and then grows older by one with each grace period for which
// its updater waits or is called back. At ten it is used again. No section may see more than age 1 at its end: the
// block was unlinked after the section began, so no grace period that began after the unlink can have ended.
internal sealed unsafe class AgePipe : IDisposable
{
    public const int Stages = 10;

    private const int Places = 4;
    private const int Blocks = 256;

    private readonly Lock _lock = new();
    private readonly Stack<nint> _stock = new(Blocks);
    private readonly RcuPointer<AgeBlock>[] _published = new RcuPointer<AgeBlock>[Places];
    private readonly AgeBlock* _blocks;
    private readonly FailureLog _failures;
    private long _unlinked;
    private int _leftOut;

    /// <summary>Makes blocks that carry the owner's <c>GCHandle</c>, through which callbacks find their way
    /// back.</summary>
    public AgePipe(nint owner, FailureLog failures)
    {
        _failures = failures;
        // SAFETY: only Dispose frees this, when no reader, updater or callback is left; so blocks may be accessed at
        // any time before.
        _blocks = (AgeBlock*)NativeMemory.AllocZeroed(Blocks, (nuint)sizeof(AgeBlock));
        for (int i = 0; i < Blocks; i++)
        {
            _blocks[i].Owner = owner;
            _stock.Push((nint)(_blocks + i));
        }

        for (int i = 0; i < Places; i++)
        {
            _published[i].Assign(TakeFresh());
        }
    }

    /// <summary>Blocks that are neither published nor free for use nor left out.</summary>
    public int Underway
    {
        get
        {
            lock (_lock)
            {
                return Blocks - Places - _leftOut - _stock.Count;
            }
        }
    }

    /// <summary>How many blocks have been replaced by another.</summary>
    public long Unlinked => Interlocked.Read(ref _unlinked);

    /// <summary>A place where readers find a block.</summary>
    public ref readonly RcuPointer<AgeBlock> Place(Rng random) => ref _published[random.Next(Places)];

    /// <summary>Publishes a fresh block and returns the one it replaces, at age 1; null when all blocks are
    /// underway.</summary>
    public AgeBlock* Unlink(Rng random)
    {
        AgeBlock* fresh = TakeFresh();
        if (fresh == null)
        {
            return null;
        }

        AgeBlock* old = _published[random.Next(Places)].Exchange(fresh);
        Interlocked.Increment(ref _unlinked);
        GrowOlder(old);
        return old;
    }

    /// <summary>A grace period has passed. True: the block has come to the end of the pipe, and has been taken
    /// back.</summary>
    public bool GrowOlder(AgeBlock* block)
    {
        int age = Volatile.Read(ref block->Age);
        if (age >= Stages)
        {
            _failures.Add($"A block of the age pipe came back at age {age}: something was reclaimed twice.");
            return true;
        }

        Volatile.Write(ref block->Age, age + 1);
        if (age + 1 < Stages)
        {
            return false;
        }

        Volatile.Write(ref block->IsPublished, 0);
        lock (_lock)
        {
            _stock.Push((nint)block);
        }

        return true;
    }

    /// <summary>Counts a block that a disposed domain refused: a reader may hold it, so it is not used again.</summary>
    public void LeaveOut() => Interlocked.Increment(ref _leftOut);

    public void Dispose() => NativeMemory.Free(_blocks);

    private AgeBlock* TakeFresh()
    {
        nint taken;
        lock (_lock)
        {
            if (!_stock.TryPop(out taken))
            {
                return null;
            }
        }

        AgeBlock* block = (AgeBlock*)taken;
        Volatile.Write(ref block->Age, 0);
        Volatile.Write(ref block->Generation, block->Generation + 1);
        Volatile.Write(ref block->IsPublished, 1);
        return block;
    }
}
