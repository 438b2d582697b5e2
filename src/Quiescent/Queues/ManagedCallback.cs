using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Queues;

// A delegate, a disposable or a rented array as a function callback: a native head whose function finds the managed
// object through a GC handle. So there is one queue for all forms of call_rcu, and one order within a thread.
internal abstract class ManagedCallback
{
    /// <summary>The function of every such head: one address, by which such a head is recognised.</summary>
    public static readonly unsafe nint Function = (nint)(delegate*<RcuHead*, void>)&Invoke;

    /// <summary>The name of what it calls, for reports.</summary>
    public abstract string Name { get; }

    /// <summary>A head for the callback, to be queued with <see cref="Function"/> or given back to <see
    /// cref="Discard"/>.</summary>
    public static unsafe RcuHead* CreateHead(ManagedCallback callback)
    {
        FaultInjection.ThrowIfDue(FaultSite.Callback);

        // SAFETY: freed by Invoke or Discard, exactly one of which follows.
        NativeHead* head = (NativeHead*)NativeMemory.AllocZeroed((nuint)sizeof(NativeHead));
        try
        {
            head->Handle = GCHandle.ToIntPtr(GCHandle.Alloc(callback));
        }
        catch
        {
            NativeMemory.Free(head);
            throw;
        }

        return &head->Head;
    }

    /// <summary>The callback of a head that waits.</summary>
    public static unsafe ManagedCallback Peek(RcuHead* head) =>
        (ManagedCallback)GCHandle.FromIntPtr(((NativeHead*)head)->Handle).Target!;

    public static unsafe void Invoke(RcuHead* head) => Peek(head).RunExpired(head);

    public static unsafe void Discard(RcuHead* head) => Take(head);

    /// <summary>Runs the callback, whose grace period has passed. Frees the head first, unless it queues the head
    /// again.</summary>
    protected virtual unsafe void RunExpired(RcuHead* head) => Take(head).Run();

    protected abstract void Run();

    // Once the callback runs, nothing in the library refers to it or to the module that it came from.
    private static unsafe ManagedCallback Take(RcuHead* head)
    {
        // SAFETY: Head is the first field, so the head's address is the struct's.
        NativeHead* native = (NativeHead*)head;
        GCHandle handle = GCHandle.FromIntPtr(native->Handle);
        ManagedCallback callback = (ManagedCallback)handle.Target!;
        handle.Free();
        NativeMemory.Free(native);
        return callback;
    }

    private struct NativeHead
    {
        public RcuHead Head;
        public nint Handle;
    }
}

internal sealed class ActionCallback(Action callback) : ManagedCallback
{
    public override string Name => MethodNames.Of(callback);

    protected override void Run() => callback();
}

internal sealed class StateCallback<TState>(TState state, Action<TState> callback) : ManagedCallback
{
    public override string Name => MethodNames.Of(callback);

    protected override void Run() => callback(state);
}

internal sealed class DisposeCallback(IDisposable resource) : ManagedCallback
{
    public override string Name => $"{resource.GetType()}.{nameof(IDisposable.Dispose)}";

    protected override void Run() => resource.Dispose();
}

internal sealed class ReturnCallback<T>(ArrayPool<T> pool, T[] array, bool clearArray, WaitingBytes waiting)
    : ManagedCallback
{
    public override string Name => $"{pool.GetType()}.{nameof(ArrayPool<>.Return)}";

    /// <summary>The bytes of the array's elements.</summary>
    public long Bytes => (long)array.Length * Unsafe.SizeOf<T>();

    protected override void Run()
    {
        try
        {
            pool.Return(array, clearArray);
        }
        finally
        {
            waiting.Hold(-Bytes);
        }
    }
}
