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
internal sealed unsafe class BlockLedger(Quarantine quarantine)
{
    /// <summary>For <see cref="Add"/>: blocks whose size is unknown.</summary>
    public const int NoDeallocator = int.MaxValue;

    private readonly AddressRanges<Queued> _waiting = new();
    private readonly Dictionary<nint, Queued> _heads = [];
    private int _gate;

    public static BlockLedger OfProcess { get; } = new(Quarantine.OfProcess);

    /// <exception cref="InvalidOperationException">The block waits already, or was reclaimed before, or a head in it
    /// waits.</exception>
    public void Add(int channel, void* block, Findings findings)
    {
        string site = CallerSite.Capture().ToString();
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        nuint bytes = RequireNew(channel, (nint)block, site, "It stays queued once.");
        _waiting.Add((nint)block, bytes, new Queued(site, findings));
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
        try
        {
            string site = CallerSite.Capture().ToString();
            using TryLock.Holder holder = TryLock.Hold(ref _gate);
            FaultInjection.ThrowIfDue(FaultSite.Ledger);
            int sizedBy = identity == head ? NoDeallocator : channel;
            nuint bytes = RequireNew(sizedBy, (nint)identity, site, "It stays queued once.");
            if (_heads.TryGetValue((nint)head, out Queued? before))
            {
                ThrowWaiting((nint)head, site, before, "It stays queued once.");
            }

            _heads.EnsureCapacity(_heads.Count + 1);
            Queued queued = new(site, findings) { Identity = (nint)identity, Head = head, Word = word };
            _waiting.Add((nint)identity, identity == head ? (nuint)sizeof(RcuHead) : bytes, queued);
            _heads.Add((nint)head, queued);
        }
        catch (OutOfMemoryException)
        {
            // Unrecorded: removing it later does nothing.
        }
    }

    /// <summary>All or none.</summary>
    /// <exception cref="InvalidOperationException">A block waits already, was reclaimed before, or stands in the span
    /// twice.</exception>
    public void AddAll(int channel, ReadOnlySpan<nint> blocks, Findings findings)
    {
        Queued queued = new(CallerSite.Capture().ToString(), findings);
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        int added = 0;
        try
        {
            for (; added < blocks.Length; added++)
            {
                if (blocks[added] != 0)
                {
                    nuint bytes = RequireNew(channel, blocks[added], queued.Site, "Nothing was queued.");
                    _waiting.Add(blocks[added], bytes, queued);
                }
            }
        }
        catch
        {
            foreach (nint block in blocks[..added])
            {
                _waiting.Remove(block, out _);
            }

            throw;
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
            quarantine.Take(channel, block, queued.Site, queued.Findings);
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
        if (_heads.TryGetValue((nint)head, out Queued? queued))
        {
            queued.Link = link;
        }
    }

    /// <summary>Records that a queue is about to link the head to another one. False: the head was overwritten, and
    /// must stay as it is.</summary>
    public bool TryRelink(RcuHead* head, RcuHead* link)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (!_heads.TryGetValue((nint)head, out Queued? queued))
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
        return _heads.TryGetValue((nint)head, out Queued? queued) ? queued.Link : head->Next;
    }

    /// <summary>Whether a head that is about to be reclaimed still is as it was queued. If not, reports that and
    /// forgets the head: nobody may free or call it.</summary>
    public bool IsUnchanged(RcuHead* head)
    {
        Queued? queued;
        using (TryLock.Hold(ref _gate))
        {
            if (!_heads.TryGetValue((nint)head, out queued) || IsUnchanged(head, queued))
            {
                return true;
            }

            _heads.Remove((nint)head);
            _waiting.Remove(queued.Identity, out _);
        }

        queued.Findings.Add(new Finding(MisuseKind.HeadChanged, (nint)head, 0, queued.Site));
        return false;
    }

    private static bool IsUnchanged(RcuHead* head, Queued queued) =>
        !queued.IsChanged && head->Word == queued.Word && head->Next == queued.Link;

    private void Remove(nint identity, out Queued? queued)
    {
        if (_waiting.Remove(identity, out queued) && queued!.Head != null)
        {
            _heads.Remove((nint)queued.Head);
        }
    }

    // Returns the size of the block, or 1 where it is unknown. The allocator is asked for the size last: it cannot tell
    // that of a block that was freed for good.
    private nuint RequireNew(int channel, nint block, string site, string outcome)
    {
        if (_waiting.Holding(block) is { } queued)
        {
            ThrowWaiting(block, site, queued, outcome);
        }

        if (quarantine.Find(block) is { } reclaimed)
        {
            throw new InvalidOperationException(
                $"The block at 0x{block:x} was queued before, and has been reclaimed since. {outcome}\n"
                + $"  queued at: {site}\n  queued before at: {reclaimed}");
        }

        nuint bytes = Math.Max(1, BlockSize.Of(channel, (void*)block));
        if (_waiting.BeginningIn(block, bytes) is { } inside)
        {
            ThrowWaiting(block, site, inside, outcome);
        }

        return bytes;
    }

    [DoesNotReturn]
    private static void ThrowWaiting(nint block, string site, Queued before, string outcome) =>
        throw new InvalidOperationException(
            $"The block at 0x{block:x}, or a head in it, was queued before and still waits for its grace period. "
            + $"{outcome}\n"
            + $"  queued at: {site}\n  queued before at: {before.Site}");

    private sealed class Queued(string site, Findings findings)
    {
        public string Site { get; } = site;

        public Findings Findings { get; } = findings;

        public nint Identity { get; init; }

        public RcuHead* Head { get; init; }

        public nint Word { get; init; }

        public RcuHead* Link { get; set; }

        public bool IsChanged { get; set; }
    }
}
