namespace Quiescent.Ordering;

// What user code may change about the thread that it runs on and the next code there would see, of whoever it is: the
// execution context (AsyncLocals, Activity.Current, both cultures, suppressed flow), the synchronization context, and
// the thread's priority, name and IsBackground. The thread pool resets these after each work item; the reclaimer does
// so after each callback. Nothing resets [ThreadStatic] fields, locks that were not released, or native thread state.
internal readonly struct ThreadDefaults
{
    private readonly ExecutionContext? _context;
    private readonly SynchronizationContext? _synchronization;
    private readonly Thread _thread;
    private readonly string? _name;
    private readonly ThreadPriority _priority;
    private readonly bool _isBackground;

    private ThreadDefaults(Thread thread)
    {
        _context = ExecutionContext.Capture();
        _synchronization = SynchronizationContext.Current;
        _thread = thread;
        _name = thread.Name;
        _priority = thread.Priority;
        _isBackground = thread.IsBackground;
    }

    /// <summary>The state of this thread now; allocates nothing.</summary>
    public static ThreadDefaults OfCurrent() => new(Thread.CurrentThread);

    /// <summary>Resets this thread to the state. Never throws; costs a few loads when nothing was changed. Runs the
    /// handlers of the AsyncLocals that change, so hold no lock.</summary>
    public void Restore()
    {
        if (ExecutionContext.Capture() != _context
            || SynchronizationContext.Current != _synchronization
            || !ReferenceEquals(_thread.Name, _name)
            || _thread.Priority != _priority
            || _thread.IsBackground != _isBackground)
        {
            RestoreChanged();
        }
    }

    private void RestoreChanged()
    {
        try
        {
            // First, since the handlers that it runs may change the rest.
            if (_context is not null)
            {
                ExecutionContext.Restore(_context);
            }

            SynchronizationContext.SetSynchronizationContext(_synchronization);
            _thread.IsBackground = _isBackground;
            _thread.Priority = _priority;
            if (!ReferenceEquals(_thread.Name, _name))
            {
                _thread.Name = _name;
            }
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStateException)
        {
            // The next call tries again.
        }
        catch (ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt(); // It struck at the lock of the thread's name. The next call tries again.
        }
    }
}
