using Quiescent.Faults;
using Quiescent.Ordering;

namespace Quiescent.Memory;

// Under Validate: the blocks and heads that wait, so that one queued twice is known before it corrupts a queue (the kernel's
// debug objects). A block leaves just before it is freed, since its address may be allocated anew at once.
internal sealed class QueuedBlocks
{
    private readonly HashSet<nint> _waiting = [];
    private int _gate;

    /// <exception cref="InvalidOperationException">The block waits already.</exception>
    public unsafe void Add(void* block)
    {
        using (TryLock.Hold(ref _gate))
        {
            FaultInjection.ThrowIfDue(FaultSite.Ledger);
            if (!_waiting.Add((nint)block))
            {
                throw new InvalidOperationException(
                    $"The block at 0x{(nint)block:x} was queued before and still waits for its grace period. It stays queued once.");
            }
        }
    }

    /// <summary>As <see cref="Add"/>, for a head, which cannot fail: without memory it goes unnoted.</summary>
    /// <exception cref="InvalidOperationException">The block waits already.</exception>
    public unsafe void AddIfRoom(void* block)
    {
        try
        {
            Add(block);
        }
        catch (OutOfMemoryException)
        {
            // Removing what was not noted does nothing.
        }
    }

    /// <summary>All or none.</summary>
    /// <exception cref="InvalidOperationException">A block waits already, or stands in the span twice.</exception>
    public unsafe void AddAll(ReadOnlySpan<nint> blocks)
    {
        using (TryLock.Hold(ref _gate))
        {
            FaultInjection.ThrowIfDue(FaultSite.Ledger);
            _waiting.EnsureCapacity(_waiting.Count + blocks.Length);
            for (int i = 0; i < blocks.Length; i++)
            {
                if (blocks[i] != 0 && !_waiting.Add(blocks[i]))
                {
                    foreach (nint added in blocks[..i])
                    {
                        _waiting.Remove(added);
                    }

                    throw new InvalidOperationException(
                        $"The block at 0x{blocks[i]:x} was queued before and still waits, or is named twice. Nothing was queued.");
                }
            }
        }
    }

    public unsafe void Remove(void* block)
    {
        using (TryLock.Hold(ref _gate))
        {
            _waiting.Remove((nint)block);
        }
    }

    public void RemoveAll(ReadOnlySpan<nint> blocks)
    {
        using (TryLock.Hold(ref _gate))
        {
            foreach (nint block in blocks)
            {
                _waiting.Remove(block);
            }
        }
    }
}
