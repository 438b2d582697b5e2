using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// The newest grace period that StartPoll has asked for. Nobody waits for it, so the reclaimer drives it.
//
// O4  A request is forgotten once its grace period has completed, not kept to be compared for ever.
internal struct PollRequest
{
    // Set in a requested target, whose low bits are free, so that 0 says there is none.
    private const ulong Valid = 1;

    private ulong _word;

    /// <summary>Asks for the target, unless a later one is asked for.</summary>
    public void Raise(ulong target)
    {
        ulong request = target | Valid;
        ulong seen = Order.Acquire(in _word);
        while (seen == 0 || !SectionWord.HasReached(seen, request))
        {
            ulong now = Order.CompareExchange(ref _word, request, seen);
            if (now == seen)
            {
                break;
            }

            seen = now;
        }
    }

    /// <summary>Gets the target of the request. False: there is none, or its grace period has completed and the request
    /// is forgotten.</summary>
    public bool TryGetPending(GracePeriodEngine engine, out ulong target)
    {
        ulong request = Order.Acquire(in _word);
        target = request & ~Valid;
        if (request == 0)
        {
            return false;
        }

        if (!engine.HasCompleted(target))
        {
            return true;
        }

        // A newer request that came meanwhile stays.
        return Order.CompareExchange(ref _word, 0, request) != request && TryGetPending(engine, out target);
    }
}
