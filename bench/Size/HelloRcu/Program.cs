using System.Runtime.InteropServices;
using Quiescent;

// Says hello, uses the library once, says so; and holds still after each line, so that its memory can be looked at from
// outside.
Console.WriteLine("Hello, world!");
Thread.Sleep(TimeSpan.FromMilliseconds(500));
UseOnce();
Console.WriteLine("used");
Thread.Sleep(TimeSpan.FromMilliseconds(500));

// What a program does with the library: publish, read, replace, free.
static unsafe void UseOnce()
{
    // SAFETY: the blocks come from the default deallocator's allocator; each is handed over once, when it has been
    // unlinked.
    RcuPointer<long>* pointer = (RcuPointer<long>*)NativeMemory.AllocZeroed(8);
    pointer->Assign((long*)NativeMemory.AllocZeroed(64));
    using (ReadGuard guard = Rcu.ReadLock())
    {
        _ = guard.Dereference(in *pointer);
    }

    Rcu.Free(pointer->Exchange((long*)NativeMemory.AllocZeroed(64)));
    long* last = pointer->Exchange(null);
    Rcu.Free(last, (RcuHead*)(last + 1));
    Rcu.Synchronize();
    Rcu.Barrier();
    NativeMemory.Free(pointer);
}
