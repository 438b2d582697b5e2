using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

// A thread of native code, as hosts, audio and database drivers make them. The runtime attaches it when it calls
// managed code, and detaches it when the thread ends. Then a destructor of its thread-specific data calls managed code:
// the runtime attaches it once more, and does not learn of its end.
internal sealed unsafe partial class NativeThread
{
    private static readonly uint s_key = CreateKey();

    private readonly Action? _body;
    private readonly Action _atEnd;
    private readonly nint _thread;
    private ExceptionDispatchInfo? _failure;

    private NativeThread(Action? body, Action atEnd)
    {
        _body = body;
        _atEnd = atEnd;
        nint thread;
        Require(PthreadCreate(&thread, null, &Run, (void*)GCHandle.ToIntPtr(GCHandle.Alloc(this))) == 0, "no thread");
        _thread = thread;
    }

    /// <summary>Starts a thread.</summary>
    /// <param name="body">What it runs, attached for the first time; null for nothing.</param>
    /// <param name="atEnd">What it runs from the destructor.</param>
    public static NativeThread Start(Action? body, Action atEnd) => new(body, atEnd);

    /// <summary>Starts a thread and waits for its end.</summary>
    public static void Run(Action? body, Action atEnd) => Start(body, atEnd).Join();

    public static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException(what);
        }
    }

    /// <summary>Waits until the operating system has ended the thread, and throws what it threw.</summary>
    public void Join()
    {
        Require(PthreadJoin(_thread, null) == 0, "not joined");
        _failure?.Throw();
    }

    private static uint CreateKey()
    {
        uint key;
        Require(PthreadKeyCreate(&key, &End) == 0, "no key");
        return key;
    }

    [UnmanagedCallersOnly]
    private static void* Run(void* self)
    {
        NativeThread thread = (NativeThread)GCHandle.FromIntPtr((nint)self).Target!;
        _ = PthreadSetSpecific(s_key, self);
        thread.Attempt(thread._body);
        return null;
    }

    [UnmanagedCallersOnly]
    private static void End(void* self)
    {
        GCHandle handle = GCHandle.FromIntPtr((nint)self);
        NativeThread thread = (NativeThread)handle.Target!;
        handle.Free();
        thread.Attempt(thread._atEnd);
    }

    [LibraryImport("libc", EntryPoint = "pthread_create")]
    private static partial int PthreadCreate(
        nint* thread, void* attributes, delegate* unmanaged<void*, void*> body, void* argument);

    [LibraryImport("libc", EntryPoint = "pthread_join")]
    private static partial int PthreadJoin(nint thread, void** result);

    [LibraryImport("libc", EntryPoint = "pthread_key_create")]
    private static partial int PthreadKeyCreate(uint* key, delegate* unmanaged<void*, void> destructor);

    [LibraryImport("libc", EntryPoint = "pthread_setspecific")]
    private static partial int PthreadSetSpecific(uint key, void* value);

    private void Attempt(Action? body)
    {
        try
        {
            body?.Invoke();
        }
#pragma warning disable CA1031 // Join throws it again, whatever it is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure ??= ExceptionDispatchInfo.Capture(e);
        }
    }
}
