using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// The tasks that await blocks alone. The reclaimer completes them like the others, after a pass. But it may be in a
// callback that takes long, and they must not wait for that. So while there are any, a pool thread comes by every few
// milliseconds, makes a pass over the blocks in the reclaimer's place, and completes those that are done.
//
// O8  The pass runs no user code, and pool threads complete the tasks (AsyncWaiters.cs).
// O9 (nothing runs without work)  The alarm is set only while somebody waits (WaiterAlarm.cs). Before the process's
//     first use of the platform's timers the reclaimer alone completes the tasks, after the callback.
// O10 (one consumer)  The pass takes each queue's lock, as a barrier's does.
//
// Checked by: PoolBarrierTests, BarrierBlocksTests; mutants barrier-of-blocks-*.
internal sealed class BlockWaiters(DomainCore core)
{
    private readonly ReaderReports _reports = new(core);
    private WaiterAlarm? _alarm;
    private ReclaimerPass? _pass; // For the alarm, which rings once at a time.

    public AsyncWaiters All { get; } = new(core.Engine, core.Disposed);

    public bool Any => All.Any;

    /// <summary>Somebody waits, and is in the list.</summary>
    /// <exception cref="OutOfMemoryException">Help cannot be had.</exception>
    public void BeginHelp()
    {
        if (PlatformPools.AreUsed)
        {
            WaiterAlarm alarm = Order.Acquire(in _alarm) ?? Once.Keep(
                ref _alarm, new WaiterAlarm(() => Any, Help, TimeSpan.FromMilliseconds(BlockHelpMilliseconds)));
            alarm.Begin();
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
                _reports.Queue();
            }
        }
        catch (OutOfMemoryException)
        {
            // The next look takes up what could not be completed; no queue is left half-way.
        }
    }

    // Handlers of the program run here, and hold up no help.
    private sealed class ReaderReports(DomainCore core) : IThreadPoolWorkItem
    {
        private int _isQueued;

        public void Queue()
        {
            if (!TryLock.TryEnter(ref _isQueued))
            {
                return;
            }

            try
            {
                Threads.RunElsewhere(this);
            }
            catch (OutOfMemoryException)
            {
                TryLock.Exit(ref _isQueued);
            }
        }

        void IThreadPoolWorkItem.Execute()
        {
            core.Reports.ReportReaders();
            TryLock.Exit(ref _isQueued);
        }
    }
}
