using System.Runtime.CompilerServices;

namespace Quiescent.Ordering;

// Threads of the library's own, used instead of the thread pool in programs compiled ahead of time. The pool would add
// a hundred kibibytes to a program that has no other use for it; here it would run a report now and then. Each item
// gets a thread at once, however many others are blocked, so no item holds another up. A thread that has run its item
// waits some seconds for the next.
//
// O8 (no user code under a lock)  Items run user code. The gate protects the list of idle threads alone.
//
// Checked by: WorkersTests; tests/Programs/Native; mutant worker-keeps-what-an-item-left.
internal static class Workers
{
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(Tuning.ReclaimerIdleSeconds);
    private static int s_gate;
    private static Worker? s_idle;

    /// <summary>Whether they stand in for the pool: in native code, whose compiler knows the answer and drops the other
    /// branch; and where a project with <c>PublishAot</c> runs under the JIT, since its settings say the
    /// same.</summary>
    public static bool ReplacePool => !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>Has a thread run the item. Waits at most until a new thread has begun.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a thread, or the platform has none to give. The
    /// item does not run.</exception>
    public static void Run(IThreadPoolWorkItem item) => Run(item, s_idleTimeout);

    /// <summary>For tests: the thread ends when it has waited for this time after the item.</summary>
    internal static void Run(IThreadPoolWorkItem item, TimeSpan idleTimeout)
    {
        if (TryTakeIdle(item, idleTimeout) is { } worker)
        {
            worker.Wake();
            return;
        }

        FaultInjection.ThrowIfDue(FaultSite.ThreadStart);
        new Worker(item, idleTimeout).Start();
    }

    private static Worker? TryTakeIdle(IThreadPoolWorkItem item, TimeSpan idleTimeout)
    {
        using TryLock.Holder holder = TryLock.Hold(ref s_gate);
        if (s_idle is not { } worker)
        {
            return null;
        }

        s_idle = worker.NextIdle;
        worker.NextIdle = null;
        worker.Item = item;
        worker.IdleTimeout = idleTimeout;
        return worker;
    }

    private sealed class Worker(IThreadPoolWorkItem item, TimeSpan idleTimeout)
    {
        private readonly Signal _signal = new();

        /// <summary>What to run; null while it has nothing to do.</summary>
        public IThreadPoolWorkItem? Item { get; set; } = item;

        public TimeSpan IdleTimeout { get; set; } = idleTimeout;

        public Worker? NextIdle { get; set; }

        public void Start()
        {
            try
            {
                Threads.Start(Threads.Create(Run, "rcu worker"));
            }
            catch (ThreadStartException e)
            {
                throw new InsufficientMemoryException("The platform has no thread to give.", e);
            }
        }

        public void Wake() => _signal.Set();

        private void Run()
        {
            ThreadDefaults defaults = ThreadDefaults.OfCurrent();
            while (Item is { } next)
            {
                Item = null;
                next.Execute();
                next = null!; // An idle thread keeps nothing alive.
                if (TryRestore(defaults))
                {
                    Rest();
                }
            }
        }

        // False: the thread cannot be used again, and ends.
        private static bool TryRestore(ThreadDefaults defaults)
        {
            try
            {
                defaults.Restore();
                return true;
            }
            catch (OutOfMemoryException)
            {
                return false;
            }
        }

        // Ends with an item, or with the thread off the list. A wait that ends early ends the thread early.
        private void Rest()
        {
            using (TryLock.Hold(ref s_gate))
            {
                NextIdle = s_idle;
                s_idle = this;
            }

            try
            {
                _signal.Wait(IdleTimeout);
            }
            catch (Exception e) when (e is ThreadInterruptedException or OutOfMemoryException)
            {
                // An item's code had kept a reference to the thread; or code ran for the first time.
            }

            using TryLock.Holder holder = TryLock.Hold(ref s_gate);
            if (Item is null)
            {
                Unlink();
            }
        }

        private void Unlink()
        {
            if (s_idle == this)
            {
                s_idle = NextIdle;
                return;
            }

            for (Worker? worker = s_idle; worker is not null; worker = worker.NextIdle)
            {
                if (worker.NextIdle == this)
                {
                    worker.NextIdle = NextIdle;
                    return;
                }
            }
        }
    }
}
