using System.Diagnostics.CodeAnalysis;
using Quiescent.Memory;
using Quiescent.Ordering;

namespace Quiescent.Validate;

// Under Validate: which blocks and heads wait, and where they were queued. A block that is queued twice is found before
// it corrupts a queue (the kernel's debug objects). There is one ledger for the process, so two domains cannot both
// queue a block. A block leaves just before it is freed, since its address may be allocated again at once.
//
// For a head it also keeps what the queue wrote into it. The queue follows its links by these copies, so a head that
// was overwritten while it waited leads nowhere else and calls nothing. Places are kept as text: stack frames would
// keep the program's code loaded.
//
// The gate protects the two tables and nothing else. What is added to them is made before, and what is wrong is said
// after: a first-chance handler, which is user code, may use the library (O8).
internal sealed unsafe class BlockLedger(Quarantine quarantine)
{
    /// <summary>For <see cref="Add"/>: blocks whose size is unknown.</summary>
    public const int NoDeallocator = int.MaxValue;

    private static BlockLedger? s_ofProcess;

    private readonly AddressRanges<Queued> _waiting = new();
    private readonly AddressRanges<Queued> _heads = new();
    private int _gate;

    public static BlockLedger OfProcess =>
        Order.Acquire(in s_ofProcess) ?? Once.Keep(ref s_ofProcess, new(Quarantine.OfProcess));

    /// <exception cref="InvalidOperationException">The block waits already, or was reclaimed before, or a head in it
    /// waits.</exception>
    public void Add(int channel, void* block, Findings findings)
    {
        string site = CallerSite.Capture().ToString();
        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        Queued queued = new((nint)block, site, findings);
        if (TryAdd(channel, queued) is { } before)
        {
            Throw((nint)block, site, before, "It stays queued once.");
        }
    }

    /// <summary>As <see cref="Add"/>, for a head. Cannot fail for lack of memory: the head then goes
    /// unrecorded.</summary>
    /// <param name="channel">The deallocator of the block that the head is to free.</param>
    /// <param name="identity">The block; for a head with a function, the head itself.</param>
    /// <param name="head">The head.</param>
    /// <param name="word">The word that is stored into it.</param>
    /// <param name="findings">The domain's findings.</param>
    /// <exception cref="InvalidOperationException">The block waits already, or was reclaimed before.</exception>
    public void AddIfRoom(int channel, void* identity, RcuHead* head, nint word, Findings findings)
    {
        string site;
        Queued queued;
        try
        {
            site = CallerSite.Capture().ToString();
            FaultInjection.ThrowIfDue(FaultSite.Ledger);
            queued = new Queued((nint)identity, site, findings) { Word = word };
            queued.SetHead(head);
        }
        catch (OutOfMemoryException)
        {
            return; // Unrecorded: removing it later does nothing.
        }

        if (TryAdd(identity == head ? NoDeallocator : channel, queued) is { } before)
        {
            Throw(before.IsHead ? (nint)head : (nint)identity, site, before, "It stays queued once.");
        }
    }

    /// <summary>All or none.</summary>
    /// <exception cref="InvalidOperationException">A block waits already, was reclaimed before, or stands in the span
    /// twice.</exception>
    public void AddAll(int channel, ReadOnlySpan<nint> blocks, Findings findings)
    {
        string site = CallerSite.Capture().ToString();
        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        Queued[] queued = new Queued[blocks.Length];
        for (int i = 0; i < blocks.Length; i++)
        {
            queued[i] = new Queued(blocks[i], site, findings);
        }

        for (int added = 0; added < queued.Length; added++)
        {
            if (queued[added].Identity == 0 || TryAdd(channel, queued[added]) is not { } before)
            {
                continue;
            }

            foreach (Queued one in queued.AsSpan(0, added))
            {
                Remove((void*)one.Identity);
            }

            Throw(queued[added].Identity, site, before, "Nothing was queued.");
        }
    }

    public void Remove(void* identity)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Remove((nint)identity, out _);
    }

    public void RemoveAll(ReadOnlySpan<nint> blocks)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        foreach (nint block in blocks)
        {
            _waiting.Remove(block, out _);
        }
    }

    /// <summary>Where a waiting item was queued; null if that was not recorded.</summary>
    public string? PlaceOf(void* identity)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _waiting.Holding((nint)identity)?.Site;
    }

    /// <summary>Frees an expired block: into the quarantine, if its deallocator is built in.</summary>
    public void Free(int channel, void* block)
    {
        Queued? queued;
        using (TryLock.Hold(ref _gate))
        {
            Remove((nint)block, out queued);
        }

        if (queued is not null && Deallocators.IsBuiltIn(channel))
        {
            quarantine.Take(channel, queued.Place);
        }
        else
        {
            Deallocators.Free(channel, block);
        }
    }

    /// <summary>Records the link that a queue has stored in the head.</summary>
    public void RecordLink(RcuHead* head, RcuHead* link)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_heads.Holding((nint)head) is { } queued)
        {
            queued.Link = link;
        }
    }

    /// <summary>Records that a queue is about to link the head to another one. False: the head was overwritten, and
    /// must stay as it is.</summary>
    public bool TryRelink(RcuHead* head, RcuHead* link)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_heads.Holding((nint)head) is not { } queued)
        {
            return true;
        }

        bool isUnchanged = IsUnchanged(head, queued);
        queued.IsChanged |= !isUnchanged;
        queued.Link = link;
        return isUnchanged;
    }

    /// <summary>The link that a queue stored in the head, whatever the head holds now.</summary>
    public RcuHead* LinkOf(RcuHead* head)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _heads.Holding((nint)head) is { } queued ? queued.Link : head->Next;
    }

    /// <summary>Whether a head that is about to be reclaimed still is as it was queued. If not, reports that and
    /// forgets the head: nobody may free or call it.</summary>
    public bool IsUnchanged(RcuHead* head)
    {
        Queued? queued;
        using (TryLock.Hold(ref _gate))
        {
            queued = _heads.Holding((nint)head);
            if (queued is null || IsUnchanged(head, queued))
            {
                return true;
            }

            _heads.Remove((nint)head, out _);
            _waiting.Remove(queued.Identity, out _);
        }

        queued.Findings.Add(new Finding(MisuseKind.HeadChanged, (nint)head, 0, queued.Site), queued.Place.Report);
        return false;
    }

    private static bool IsUnchanged(RcuHead* head, Queued queued) =>
        !queued.IsChanged && head->Word == queued.Word && head->Next == queued.Link;

    private void Remove(nint identity, out Queued? queued)
    {
        if (_waiting.Remove(identity, out queued) && queued!.Head != null)
        {
            _heads.Remove((nint)queued.Head, out _);
        }
    }

    // Adds it, or returns what stands in the way. The allocator is asked for the block's size last: it cannot tell that
    // of a block that was freed for good.
    private Earlier? TryAdd(int channel, Queued queued)
    {
        BlockSize.Prepare();
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        nint block = queued.Identity;
        if (_waiting.Holding(block) is { } same)
        {
            return new Earlier(same.Site, IsReclaimed: false, IsHead: false);
        }

        if (quarantine.Find(block) is { } reclaimed)
        {
            return new Earlier(reclaimed, IsReclaimed: true, IsHead: false);
        }

        bool isHead = queued.Head != null && (nint)queued.Head == block;
        nuint bytes = isHead ? (nuint)sizeof(RcuHead) : Math.Max(1, BlockSize.OfUnderLock(channel, (void*)block));
        if (_waiting.BeginningIn(block, isHead ? 1 : bytes) is { } inside)
        {
            return new Earlier(inside.Site, IsReclaimed: false, IsHead: false);
        }

        if (queued.HeadPiece is { } head)
        {
            if (_heads.Holding(head.Start) is { } before)
            {
                return new Earlier(before.Site, IsReclaimed: false, IsHead: true);
            }

            _heads.Add(head);
        }

        queued.Piece.Bytes = bytes;
        _waiting.Add(queued.Piece);
        return null;
    }

    [DoesNotReturn]
    private static void Throw(nint block, string site, Earlier before, string outcome)
    {
        string message = before.IsReclaimed
            ? $"The block at 0x{block:x} was queued before, and has been reclaimed since. {outcome}"
            : $"The block at 0x{block:x}, or a head in it, was queued before and still waits for its grace period. "
                + outcome;
        throw new InvalidOperationException($"{message}\n  queued at: {site}\n  queued before at: {before.Site}");
    }

    // What stands in the way of a block that is queued.
    private readonly record struct Earlier(string Site, bool IsReclaimed, bool IsHead);

    private sealed class Queued
    {
        public Queued(nint identity, string site, Findings findings)
        {
            Place = new Quarantine.Place(identity, site, findings);
            Piece = new AddressRanges<Queued>.Piece(identity, 1, this);
        }

        /// <summary>Where the block will be once it has been reclaimed.</summary>
        public Quarantine.Place Place { get; }

        public AddressRanges<Queued>.Piece Piece { get; }

        public AddressRanges<Queued>.Piece? HeadPiece { get; private set; }

        public string Site => Place.QueuedAt;

        public Findings Findings => Place.Findings;

        public nint Identity => Place.Block;

        public RcuHead* Head { get; private set; }

        public nint Word { get; init; }

        public RcuHead* Link { get; set; }

        public bool IsChanged { get; set; }

        public void SetHead(RcuHead* head)
        {
            Head = head;
            HeadPiece = new AddressRanges<Queued>.Piece((nint)head, 1, this);
        }
    }
}
