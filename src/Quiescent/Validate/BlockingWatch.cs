using System.Diagnostics;

namespace Quiescent.Validate;

// Under Validate: catches each wait of a thread inside a section (the kernel's "illegal context switch in RCU read-side
// critical section"). The runtime asks the thread's synchronisation context before it waits for a handle, a contended
// monitor or Lock, a pulse, a thread or a task. The exception leaves the wait before it has begun: no lock is entered,
// and nothing is lost.
//
// From the beginning of a thread's outermost section in a domain to its end, the watch stands in front of the thread's
// former context, and passes everything else on to it. Sections of several domains may end in any order: the end of one
// restores the nearest context whose section has not ended. A context that the program sets inside the section is left
// alone, and waits under it are not seen: this is also how to wait there on purpose.
internal sealed class BlockingWatch : SynchronizationContext
{
    private readonly SynchronizationContext? _former;
    private readonly string _enteredAt;
    private bool _isOver;

    /// <summary>A watch for a section of this thread.</summary>
    public BlockingWatch(string enteredAt)
    {
        _former = Current;
        _enteredAt = enteredAt;
        SetWaitNotificationRequired();
    }

    /// <summary>The section begins; needs no memory.</summary>
    public void Begin() => SetSynchronizationContext(this);

    /// <summary>The section ends.</summary>
    public void End()
    {
        _isOver = true;
        if (Current is BlockingWatch { _isOver: true })
        {
            SynchronizationContext? context = Current;
            while (context is BlockingWatch { _isOver: true } over)
            {
                context = over._former;
            }

            SetSynchronizationContext(context);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The program is about to wait.</exception>
    public override int Wait(nint[] waitHandles, bool waitAll, int millisecondsTimeout)
    {
        if (!_isOver && millisecondsTimeout != 0 && IsOfTheProgram(new StackTrace(fNeedFileInfo: false), out _))
        {
            ThrowBlocked();
        }

        return _former is null
            ? WaitHelper(waitHandles, waitAll, millisecondsTimeout)
            : _former.Wait(waitHandles, waitAll, millisecondsTimeout);
    }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (_former is null)
        {
            base.Post(d, state);
        }
        else
        {
            _former.Post(d, state);
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (_former is null)
        {
            base.Send(d, state);
        }
        else
        {
            _former.Send(d, state);
        }
    }

    /// <inheritdoc/>
    public override void OperationStarted() => _former?.OperationStarted();

    /// <inheritdoc/>
    public override void OperationCompleted() => _former?.OperationCompleted();

    /// <summary>The watch belongs to one thread; elsewhere the program's own context is needed.</summary>
    public override SynchronizationContext CreateCopy() => _former?.CreateCopy() ?? new SynchronizationContext();

    private void ThrowBlocked()
    {
        StackTrace stack = new(fNeedFileInfo: true);
        IsOfTheProgram(stack, out int program);
        DiagnosticMethodInfo? call = DiagnosticMethodInfo.Create(stack.GetFrame(program - 1)!);
        throw new InvalidOperationException(
            "A blocking call was made inside a read-side critical section, which holds up grace periods meanwhile.\n"
            + $"  {call?.DeclaringTypeName}.{call?.Name} called {stack.GetFrame(program)!.ToString().Trim()}\n"
            + $"  section entered at: {_enteredAt}");
    }

    // Three kinds of wait are not the program's: the library's own, which are short; the runtime's, with no frame of
    // the program left on the stack, as when a thread ends inside a section; and the one for the handlers of the
    // process's exit, which an exception here would keep from running.
    private static bool IsOfTheProgram(StackTrace stack, out int first)
    {
        for (first = FramesHere(stack); stack.GetFrame(first) is { } frame; first++)
        {
            DiagnosticMethodInfo? method = DiagnosticMethodInfo.Create(frame);
            if (method?.DeclaringTypeName == typeof(Environment).FullName)
            {
                return false;
            }

            string? assembly = method?.DeclaringAssemblyName;
            if (assembly is not null && !assembly.StartsWith("System.", StringComparison.Ordinal))
            {
                return assembly != CallerSite.Library;
            }
        }

        return false;
    }

    // The frames of this class, which lie above the wait.
    private static int FramesHere(StackTrace stack)
    {
        int count = 0;
        while (stack.GetFrame(count) is { } frame
            && DiagnosticMethodInfo.Create(frame)?.DeclaringTypeName == typeof(BlockingWatch).FullName)
        {
            count++;
        }

        return count;
    }
}
