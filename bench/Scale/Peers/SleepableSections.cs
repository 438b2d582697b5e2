using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Peers;

// Read sides that may wait, and end on another thread than they began on.
internal readonly unsafe struct SleepableSection : IReadSide<Nothing>
{
    private static readonly SrcuDomain s_domain = new(new RcuDomainOptions { Name = "scale, sleepable" });

    public static Nothing Begin() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        using SrcuReadLock section = s_domain.ReadLock();
        return section.Dereference(in *pointer);
    }
}

// What .NET has for it, in exclusive form.
internal readonly unsafe struct AsyncLock : IReadSide<Nothing>
{
    private static readonly SemaphoreSlim s_semaphore = new(1);

    public static Nothing Begin() => default;

    public static long Read(Nothing state, RcuPointer<long>* pointer)
    {
        s_semaphore.Wait();
        try
        {
            return *pointer->LoadProtected();
        }
        finally
        {
            s_semaphore.Release();
        }
    }
}

// An interlocked increment and decrement of a count that no other thread touches: the least that any counted section
// costs.
internal readonly unsafe struct InterlockedPair : IReadSide<nint>
{
    private const int Line = 128;

    // SAFETY: freed by End.
    public static nint Begin()
    {
        void* count = NativeMemory.AlignedAlloc(Line, Line);
        NativeMemory.Clear(count, Line);
        return (nint)count;
    }

    // SAFETY: the state is Begin's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(nint state, RcuPointer<long>* pointer)
    {
        Interlocked.Increment(ref *(long*)state);
        long value = *pointer->LoadProtected();
        Interlocked.Decrement(ref *(long*)state);
        return value;
    }

    public static void End(nint state) => NativeMemory.AlignedFree((void*)state);
}
