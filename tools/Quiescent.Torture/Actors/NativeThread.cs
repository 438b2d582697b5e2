using System.Runtime.InteropServices;

namespace Quiescent.Torture.Actors;

// A thread of native code that calls managed code: the runtime attaches it at the call and detaches it when it ends.
internal static unsafe partial class NativeThread
{
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Starts a thread.</summary>
    /// <param name="body">What it runs; must not throw.</param>
    /// <returns>Waits for the thread's end.</returns>
    public static Action Start(Action body)
    {
        nint thread;
        GCHandle argument = GCHandle.Alloc(body);
        int error = Create(&thread, null, &Run, (void*)GCHandle.ToIntPtr(argument));
        if (error != 0)
        {
            argument.Free();
            throw new InvalidOperationException($"pthread_create: error {error}.");
        }

        nint started = thread;
        return () => _ = Join(started, null);
    }

    [UnmanagedCallersOnly]
    private static void* Run(void* argument)
    {
        GCHandle handle = GCHandle.FromIntPtr((nint)argument);
        Action body = (Action)handle.Target!;
        handle.Free();
        body();
        return null;
    }

    [LibraryImport("libc", EntryPoint = "pthread_create")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Create(
        nint* thread, void* attributes, delegate* unmanaged<void*, void*> body, void* argument);

    [LibraryImport("libc", EntryPoint = "pthread_join")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Join(nint thread, void** result);
}
