using System.Buffers;
using System.Runtime.InteropServices;

namespace Quiescent.UnloadableModule;

// A module as a host sees it: it is loaded, queues items in the host's domain, and is unloaded. Its callbacks count in
// a word of the host's.
public static unsafe class Module
{
    /// <summary>Queues this many items in the named way. Returns the last head, where there is one.</summary>
    public static nint Queue(GracePeriodDomain domain, string way, int count, nint counter)
    {
        nint last = 0;
        for (int i = 0; i < count; i++)
        {
            last = Queue(domain, way, counter);
        }

        return last;
    }

    /// <summary>Uses a pool of the module's own type, and drops it.</summary>
    public static void UsePool(GracePeriodDomain domain)
    {
        using RcuPool<Node> pool = new(domain);
        Node* node = pool.Rent();
        *node = default;
        pool.Free(node);
    }

    private static nint Queue(GracePeriodDomain domain, string way, nint counter)
    {
        switch (way)
        {
            case "function":
                Node* node = Node.New(counter);
                domain.Call(&node->Head, &Node.CountAndFree);
                return (nint)(&node->Head);
            case "delegate":
                domain.Call(() => Count(counter));
                return 0;
            case "state":
                domain.Call(new State(counter), static state => Count(state.Counter));
                return 0;
            case "asynchronous":
                domain.Call(new State(counter), Awaiting.CountAsync);
                return 0;
            case "disposable":
                domain.Dispose(new Resource(counter));
                return 0;
            case "array":
                domain.Return(new CountingPool(counter), new State[1]);
                return 0;
            case "user block":
                domain.Free<ModuleHeap>(Node.New(counter));
                return 0;
            case "user head":
                node = Node.New(counter);
                domain.Free<ModuleHeap>(node, &node->Head);
                return 0;
            case "block":
                domain.Free(Node.New(counter));
                return 0;
            case "head":
                node = Node.New(counter);
                domain.Free(node, &node->Head);
                return 0;
            default:
                throw new ArgumentException("No way to queue that the module knows.", nameof(way));
        }
    }

    internal static void Count(nint counter) => Interlocked.Increment(ref *(long*)counter);

    internal sealed record State(nint Counter);

    private sealed class Resource(nint counter) : IDisposable
    {
        public void Dispose() => Count(counter);
    }

    private sealed class CountingPool(nint counter) : ArrayPool<State>
    {
        public override State[] Rent(int minimumLength) => new State[minimumLength];

        public override void Return(State[] array, bool clearArray = false) => Count(counter);
    }

    private readonly struct ModuleHeap : INativeDeallocator
    {
        public static void Free(void* block)
        {
            Count(((Node*)block)->Counter);
            NativeMemory.Free(block);
        }
    }

    private struct Node
    {
        public RcuHead Head;
        public nint Counter;

        public static Node* New(nint counter)
        {
            // SAFETY: freed by the callback or the deallocator that it is queued with.
            Node* node = (Node*)NativeMemory.AllocZeroed((nuint)sizeof(Node));
            node->Counter = counter;
            return node;
        }

        public static void CountAndFree(RcuHead* head)
        {
            Node* node = (Node*)head;
            Count(node->Counter);
            NativeMemory.Free(node);
        }
    }
}

// An await stands in no unsafe context.
internal static class Awaiting
{
    public static async ValueTask CountAsync(Module.State state)
    {
        await Task.Yield();
        Module.Count(state.Counter);
    }
}
