using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Scenarios;

// The only thread that queues in its domain, one item after the other: no other append and no barrier wakes the
// reclaimer if this one fails to. It queues just when the reclaimer is about to go idle, or is.
internal sealed class LonelyPoster(Session session, Subject subject) : Actor("lonely poster", session)
{
    private const int ItemsPerStep = 100;
    private const int SpinsBeforeYield = 2000;
    private const int MaxPauseLog2 = 10;

    private int _arrived;

    protected override void Step()
    {
        for (int i = 0; i < ItemsPerStep && !Session.Gate.IsStopping; i++)
        {
            int before = _arrived;
            subject.Domain.Call(Arrive);
            subject.Tally.CallbackQueued();
            Doing("waiting for a callback that nobody else would wake the reclaimer for");
            Await(before);

            // Of any magnitude: the reclaimer takes a fraction of a microsecond to go idle.
            Thread.SpinWait(Random.Next(1 << Random.Next(MaxPauseLog2)));
        }
    }

    // Also when the run ends: the barrier at its end would hide a lost wake-up. The watchdog is the bound.
    private void Await(int before)
    {
        for (int spins = 0; Volatile.Read(ref _arrived) == before; spins++)
        {
            if (spins > SpinsBeforeYield)
            {
                Thread.Yield();
            }
        }
    }

    private void Arrive()
    {
        subject.Tally.CallbackRun();
        Volatile.Write(ref _arrived, _arrived + 1);
    }
}
