using System.Runtime.InteropServices;

namespace Quiescent.Claims.Unloading;

// What queues in the module that is unloaded: this assembly, loaded again into a context of its own.
internal static unsafe class UnloadedModule
{
    // Called by reflection.
    public static void QueueFunctions(RcuDomain domain, int count)
    {
        for (int i = 0; i < count; i++)
        {
            domain.Call(NewHead(), &FreeHead);
        }
    }

    // Called by reflection.
    public static void QueueTrivial(RcuDomain domain, int count)
    {
        for (int i = 0; i < count; i++)
        {
            RcuHead* head = NewHead();
            domain.Free(head, head);
        }
    }

    // SAFETY: freed by the callback that it is queued with.
    private static RcuHead* NewHead() => (RcuHead*)NativeMemory.Alloc((nuint)sizeof(RcuHead));

    private static void FreeHead(RcuHead* head) => NativeMemory.Free(head);
}
