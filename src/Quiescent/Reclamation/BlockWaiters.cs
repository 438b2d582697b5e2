using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// The tasks that await blocks alone. The reclaimer completes them like the others, after a pass. But it may be in a
// callback that takes long, and they must not wait for that. So while there are any, a pool thread comes by every few
// milliseconds, makes a pass over the blocks in the reclaimer's place, and completes those that are done.
//
// O8  The pass runs no user code, and pool threads complete the tasks (AsyncWaiters.cs).
// O9 (nothing runs without work)  The alarm is set only while somebody waits (WaiterAlarm.cs). Where it cannot be set,
//     for lack of memory or before the process's first use of the platform's timers, the reclaimer alone completes the
//     tasks, after the callback.
// O10 (one consumer)  The pass takes each queue's lock, as a barrier's does.
//
// Checked by: PoolBarrierTests, BarrierBlocksTests; mutants barrier-of-blocks-*.
internal sealed class BlockWaiters(DomainCore core)
{
    private WaiterAlarm? _alarm;
    private ReclaimerPass? _pass; // For the alarm, which rings once at a time.

    public AsyncWaiters All { get; } = new(core.Engine, core.Disposed);

    public bool Any => All.Any;

    /// <summary>Somebody waits, and is in the list.</summary>
    public void BeginHelp()
    {
        try
        {
            if (PlatformPools.AreUsed)
            {
                WaiterAlarm alarm = Order.Acquire(in _alarm) ?? Once.Keep(
                    ref _alarm, new WaiterAlarm(() => Any, Help, TimeSpan.FromMilliseconds(BlockHelpMilliseconds)));
                alarm.Begin();
            }
        }
        catch (OutOfMemoryException)
        {
            // Without help they wait all the same.
        }
    }

    /// <summary>The domain is disposed of: the remaining waits fail.</summary>
    public void Close()
    {
        All.Close();
        Order.Acquire(in _alarm)?.End();
    }

    // On a pool thread, where an exception would end the process.
    private void Help()
    {
        try
        {
            if (!core.IsStepped)
            {
                _pass ??= new ReclaimerPass(core);
                _pass.Begin(default, mayRunCode: false);
                _pass.Run(maySnapshot: true, isExpedited: true);
                All.CompleteReady(onPool: true);
                core.Reports.ReportReaders();
            }
        }
        catch (OutOfMemoryException)
        {
            // The next look takes up what could not be completed; no queue is left half-way.
        }
    }
}
