using System.Diagnostics.CodeAnalysis;
using Quiescent.Memory;
using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Validate;

// Under Validate: blocks of the two built-in deallocators after their grace period. They hold poison, and are really
// freed when the quarantine is full of later ones (QuarantineBytes, QuarantineBlocks), or when their domain is disposed
// of. Until then
//   - a dereference in a section finds them, if validation is on for all domains;
//   - a block that is queued a second time is found here;
//   - a write spoils the poison, which is checked when they leave, or when the program asks the domain.
// One for the process, as an address says nothing about its domain. All of it is under one short lock that waits for
// nobody, so blocks may enter under a queue's lock. A block's place here is made when the block is queued: under these
// locks no memory is taken (O8).
internal sealed unsafe class Quarantine(long maxBytes, int maxBlocks)
{
    private static Quarantine? s_ofProcess;

    private readonly AddressRanges<Place> _byAddress = new();
    private Place? _oldest;
    private Place? _newest;
    private int _gate;
    private long _bytes;

    public static Quarantine OfProcess =>
        Order.Acquire(in s_ofProcess) ?? Once.Keep(ref s_ofProcess, new(QuarantineBytes, QuarantineBlocks));

    /// <summary>Takes a block in place of its deallocator. Without room for it, the block is freed at once.</summary>
    /// <param name="channel">The block's deallocator, one of the built-in ones.</param>
    /// <param name="place">The block's place, made when it was queued.</param>
    public void Take(int channel, Place place)
    {
        void* block = (void*)place.Block;
        nuint bytes = BlockSize.OfUnderLock(channel, block);
        if (bytes == 0 || bytes > (nuint)maxBytes)
        {
            Deallocators.Free(channel, block);
            return;
        }

        for (Place? leaves = Exchange(place, channel, bytes); leaves is not null;)
        {
            Place? next = leaves.Newer;
            Release(leaves);
            leaves = next;
        }
    }

    /// <summary>Where the quarantined block that contains the address was queued, or null.</summary>
    public string? Find(nint address)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _byAddress.Holding(address)?.QueuedAt;
    }

    /// <summary>Checks all blocks of a domain, and reports each that was written to, once. Returns how many.</summary>
    public int Verify(Findings findings)
    {
        int written = 0;
        for (Place? place = TakeWritten(findings); place is not null; place = place.NextWritten)
        {
            Report(place, new Findings.Place());
            written++;
        }

        return written;
    }

    /// <summary>Frees all blocks of a domain, which is being disposed of.</summary>
    public void ReleaseAll(Findings findings)
    {
        Place? released = null;
        using (TryLock.Hold(ref _gate))
        {
            for (int left = _byAddress.Count; left > 0; left--)
            {
                Place place = Dequeue();
                if (place.Findings == findings)
                {
                    Forget(place);
                    place.Newer = released;
                    released = place;
                }
                else
                {
                    Enqueue(place);
                }
            }
        }

        while (released is not null)
        {
            Place? next = released.Newer;
            Release(released);
            released = next;
        }
    }

    /// <summary>Checks a section's dereference: the place that the pointer was loaded from, and where it
    /// leads.</summary>
    /// <exception cref="InvalidOperationException">One of them lies in a block that has been reclaimed.</exception>
    public void ThrowIfReclaimed(nint place, nint target)
    {
        if (Find(place) is { } queuedAt)
        {
            ThrowReclaimed("The pointer was loaded from a block that has been reclaimed", place, queuedAt);
        }

        if (Find(target) is { } targetQueuedAt)
        {
            ThrowReclaimed("The pointer leads to a block that has been reclaimed", target, targetQueuedAt);
        }
    }

    [DoesNotReturn]
    private static void ThrowReclaimed(string what, nint address, string queuedAt) =>
        throw new InvalidOperationException(
            $"{what} (0x{address:x}).\n  read at: {CallerSite.Capture()}\n  its block was queued at: {queuedAt}");

    // Returns the blocks that leave for this one, linked by Newer.
    private Place? Exchange(Place place, int channel, nuint bytes)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_byAddress.Holding(place.Block) is not null)
        {
            return null; // Freed behind the library's back, and allocated again since: it leaves once.
        }

        place.Channel = channel;
        place.Piece.Bytes = bytes;
        _byAddress.Add(place.Piece);
        _bytes += (long)bytes;
        Poison.Fill(place.Block, bytes);
        Enqueue(place);
        Place? leaving = null;
        while (_bytes > maxBytes || _byAddress.Count > maxBlocks)
        {
            Place oldest = Dequeue();
            Forget(oldest);
            oldest.Newer = leaving;
            leaving = oldest;
        }

        return leaving;
    }

    // The blocks of a domain that were written to, poisoned again.
    private Place? TakeWritten(Findings findings)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Place? written = null;
        for (Place? place = _oldest; place is not null; place = place.Newer)
        {
            if (place.Findings == findings && !IsIntact(place))
            {
                Poison.Fill(place.Block, place.Piece.Bytes);
                place.NextWritten = written;
                written = place;
            }
        }

        return written;
    }

    private void Enqueue(Place place)
    {
        place.Newer = null;
        if (_newest is null)
        {
            _oldest = place;
        }
        else
        {
            _newest.Newer = place;
        }

        _newest = place;
    }

    private Place Dequeue()
    {
        Place place = _oldest!;
        _oldest = place.Newer;
        if (_oldest is null)
        {
            _newest = null;
        }

        return place;
    }

    private void Forget(Place place)
    {
        _byAddress.Remove(place.Block, out _);
        _bytes -= (long)place.Piece.Bytes;
    }

    // If the program has freed the block behind the library's back, the allocator ends the process here, with a message
    // of its own.
    private static void Release(Place place)
    {
        if (!IsIntact(place))
        {
            Report(place, place.Report);
        }

        // SAFETY: the quarantine owned the block, and has forgotten it.
        Deallocators.Free(place.Channel, (void*)place.Block);
    }

    private static bool IsIntact(Place place)
    {
        int written = Poison.FirstWritten(place.Block, place.Piece.Bytes);
        if (written >= 0)
        {
            place.Written = written;
        }

        return written < 0;
    }

    private static void Report(Place place, Findings.Place report) => place.Findings.Add(
        new Finding(MisuseKind.WrittenAfterFree, place.Block, place.Written, place.QueuedAt), report);

    /// <summary>A block's place in the quarantine.</summary>
    internal sealed class Place
    {
        public Place(nint block, string queuedAt, Findings findings)
        {
            QueuedAt = queuedAt;
            Findings = findings;
            Piece = new AddressRanges<Place>.Piece(block, 0, this);
        }

        public nint Block => Piece.Start;

        public string QueuedAt { get; }

        public Findings Findings { get; }

        public AddressRanges<Place>.Piece Piece { get; }

        /// <summary>For the report that the block or its head was written to, where it leaves the library.</summary>
        public Findings.Place Report { get; } = new();

        public int Channel { get; set; }

        /// <summary>Where a look found it written to.</summary>
        public long Written { get; set; }

        /// <summary>The next one in the order of their coming, or of those that leave.</summary>
        public Place? Newer { get; set; }

        /// <summary>The next one that the same look found written to.</summary>
        public Place? NextWritten { get; set; }
    }
}
