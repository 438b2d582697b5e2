using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Modules;

// One module from its loading to its collection. Each item counts its runs in a word of its own; when Unload returns,
// the words of all items with code must be one, and later the code must be gone.
internal sealed unsafe class ModuleLife : IDisposable
{
    private const int MaxCollections = 500;

    private readonly LoadedModule _module;
    private readonly FailureLog _failures;
    private readonly int* _runs;
    private readonly (Subject Subject, Form Form)[] _items;
    private int _queued;

    /// <summary>Loads the module, with room for this many items. Unattached, it is the busted twin, whose unloading
    /// waits for nothing.</summary>
    public ModuleLife(int items, FailureLog failures, bool attach = true)
    {
        _failures = failures;
        _items = new (Subject, Form)[items];
        // SAFETY: Dispose frees it, after a barrier if something has not run.
        _runs = (int*)NativeMemory.AllocZeroed((nuint)items, sizeof(int));
        _module = LoadedModule.Load(attach);
    }

    /// <summary>The module queues an item, on the calling thread.</summary>
    public void Queue(Subject subject, Form form)
    {
        int number = Interlocked.Increment(ref _queued) - 1;
        _items[number] = (subject, form);
        _module.Queue(subject.Domain, form, (nint)(_runs + number));
        switch (form)
        {
            case < Form.UserHead:
                subject.Tally.CallbackQueued();
                break;
            case < Form.Head:
                subject.Tally.CodeBlockQueued();
                break;
            default:
                subject.Tally.BlockQueued();
                break;
        }
    }

    /// <summary>Unloads the module, when no thread queues any more.</summary>
    public void Unload()
    {
        _module.Unload();
        int late = 0;
        int wrong = 0;
        for (int i = 0; i < _queued; i++)
        {
            (Subject subject, Form form) = _items[i];
            int runs = Volatile.Read(ref _runs[i]);
            int expected = form < Form.Head ? 1 : 0;
            late += runs < expected ? 1 : 0;
            wrong += runs > expected ? 1 : 0;
            if (runs != 0 && form < Form.UserHead)
            {
                subject.Tally.CallbackRun();
            }
            else if (runs != 0)
            {
                subject.Tally.CodeBlockFreed();
            }
        }

        if (late != 0)
        {
            _failures.Add($"A module was unloaded while {late} of its {_queued} items had not run.");
            AwaitAll(); // Their code must stay until they have run.
        }

        if (wrong != 0)
        {
            _failures.Add($"{wrong} of the {_queued} items of a module ran more than once, or without having code.");
        }

        _module.Forget();
    }

    /// <summary>Collects until the code is gone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AwaitCollection()
    {
        int i = 0;
        for (; i < MaxCollections && _module.IsLoaded; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            if (i > 2)
            {
                // Another thread's stack may hold the last reference it was given until the thread gets something else.
                Thread.Sleep(1);
            }
        }

        Collections = i;
        if (_module.IsLoaded)
        {
            _failures.Add($"An unloaded module's code is still there after {MaxCollections} collections.");
        }
    }

    /// <summary>How many collections it took.</summary>
    public int Collections { get; private set; }

    public void Dispose() => NativeMemory.Free(_runs);

    private void AwaitAll()
    {
        foreach (Subject subject in _items.Take(_queued).Select(item => item.Subject).Distinct())
        {
            subject.Domain.Barrier();
        }
    }
}
