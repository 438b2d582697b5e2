using System.Buffers;
using System.Runtime.InteropServices;

namespace Quiescent.Torture.Modules;

/// <summary>A module as a host sees it: code that queues in the host's domains, and is unloaded.</summary>
public static unsafe class Module
{
    /// <summary>Queues one item in the given form. An item with code adds one to the word at <paramref name="runs"/>
    /// when it runs.</summary>
    public static void Queue(GracePeriodDomain domain, int form, nint runs)
    {
        ArgumentNullException.ThrowIfNull(domain);
        Item* item;
        switch ((Form)form)
        {
            case Form.Function:
                item = Item.New(runs);
                domain.Call(&item->Head, &Item.RunAndFree);
                break;
            case Form.Action:
                domain.Call(() => Run(runs));
                break;
            case Form.State:
                domain.Call(new State(runs), static state => Run(state.Runs));
                break;
            case Form.Resource:
                domain.Dispose(new Resource(runs));
                break;
            case Form.Array:
                domain.Return(new Pool(runs), new State[1]);
                break;
            case Form.UserHead:
                item = Item.New(runs);
                domain.Free<ModuleHeap>(item, &item->Head);
                break;
            case Form.User:
                domain.Free<ModuleHeap>(Item.New(runs));
                break;
            case Form.Head:
                item = Item.New(runs);
                domain.Free(item, &item->Head);
                break;
            case Form.Block:
                domain.Free(Item.New(runs));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(form));
        }
    }

    // SAFETY: the host's word, which it keeps until everything has run.
    private static void Run(nint runs) => Interlocked.Increment(ref *(int*)runs);

    private sealed record State(nint Runs);

    private sealed class Resource(nint runs) : IDisposable
    {
        public void Dispose() => Run(runs);
    }

    private sealed class Pool(nint runs) : ArrayPool<State>
    {
        public override State[] Rent(int minimumLength) => throw new NotSupportedException();

        public override void Return(State[] array, bool clearArray = false) => Run(runs);
    }

    private readonly struct ModuleHeap : INativeDeallocator
    {
        public static void Free(void* block)
        {
            Run(((Item*)block)->Runs);
            NativeMemory.Free(block);
        }
    }

    // The head comes first, so that its address is the item's.
    private struct Item
    {
        public RcuHead Head;
        public nint Runs;

        public static Item* New(nint runs)
        {
            // SAFETY: the form that queues it frees it; nobody reads it.
            Item* item = (Item*)NativeMemory.Alloc((nuint)sizeof(Item));
            item->Runs = runs;
            return item;
        }

        public static void RunAndFree(RcuHead* head)
        {
            Run(((Item*)head)->Runs);
            NativeMemory.Free(head);
        }
    }
}
