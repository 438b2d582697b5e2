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
// nobody, so blocks may enter under a queue's lock.
internal sealed unsafe class Quarantine(long maxBytes, int maxBlocks)
{
    private readonly Queue<Reclaimed> _inOrder = new();
    private readonly AddressRanges<Reclaimed> _byAddress = new();
    private int _gate;
    private long _bytes;

    public static Quarantine OfProcess { get; } = new(QuarantineBytes, QuarantineBlocks);

    /// <summary>Takes a block in place of its deallocator. Cannot fail: without room or memory, the block is freed at
    /// once.</summary>
    public void Take(int channel, void* block, string queuedAt, Findings findings)
    {
        nuint bytes = BlockSize.Of(channel, block);
        if (bytes == 0 || bytes > (nuint)maxBytes)
        {
            Deallocators.Free(channel, block);
            return;
        }

        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Reclaimed reclaimed;
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.Ledger);
            _inOrder.EnsureCapacity(_inOrder.Count + 1);
            reclaimed = new Reclaimed((nint)block, bytes, channel, queuedAt, findings);
            if (_byAddress.Holding((nint)block) is not null)
            {
                return; // Freed behind the library's back, and allocated again since: it leaves once.
            }

            _byAddress.Add((nint)block, bytes, reclaimed);
        }
        catch (OutOfMemoryException)
        {
            Deallocators.Free(channel, block);
            return;
        }

        Poison.Fill((nint)block, bytes);
        _inOrder.Enqueue(reclaimed);
        _bytes += (long)bytes;
        while (_bytes > maxBytes || _inOrder.Count > maxBlocks)
        {
            Release(_inOrder.Dequeue());
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
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        int written = 0;
        foreach (Reclaimed reclaimed in _inOrder)
        {
            if (reclaimed.Findings == findings && !IsIntact(reclaimed))
            {
                Poison.Fill(reclaimed.Block, reclaimed.Bytes);
                written++;
            }
        }

        return written;
    }

    /// <summary>Frees all blocks of a domain, which is being disposed of.</summary>
    public void ReleaseAll(Findings findings)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        for (int left = _inOrder.Count; left > 0; left--)
        {
            Reclaimed reclaimed = _inOrder.Dequeue();
            if (reclaimed.Findings == findings)
            {
                Release(reclaimed);
            }
            else
            {
                _inOrder.Enqueue(reclaimed);
            }
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

    // If the program has freed the block behind the library's back, the allocator ends the process here, with a message
    // of its own.
    private void Release(Reclaimed reclaimed)
    {
        IsIntact(reclaimed);
        _byAddress.Remove(reclaimed.Block, out _);
        _bytes -= (long)reclaimed.Bytes;

        // SAFETY: the quarantine owns the block, and forgets it here.
        Deallocators.Free(reclaimed.Channel, (void*)reclaimed.Block);
    }

    private static bool IsIntact(Reclaimed reclaimed)
    {
        int written = Poison.FirstWritten(reclaimed.Block, reclaimed.Bytes);
        if (written >= 0)
        {
            reclaimed.Findings.Add(
                new Finding(MisuseKind.WrittenAfterFree, reclaimed.Block, written, reclaimed.QueuedAt));
        }

        return written < 0;
    }

    private sealed record Reclaimed(nint Block, nuint Bytes, int Channel, string QueuedAt, Findings Findings);
}
