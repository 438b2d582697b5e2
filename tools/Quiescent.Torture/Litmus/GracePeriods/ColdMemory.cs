using System.Runtime.InteropServices;

namespace Quiescent.Torture.Litmus.GracePeriods;

// Memory that no cache holds, for stores that take long: later stores of the thread wait behind them in the store
// buffer.
internal sealed unsafe class ColdMemory : IDisposable
{
    private const nuint Bytes = 256 * 1024 * 1024;
    private const int Pages = 4;
    private const int PageBytes = 4096;
    private const int LineBytes = 64;

    // SAFETY: freed by Dispose, after the last slice.
    private readonly byte* _memory = (byte*)NativeMemory.Alloc(Bytes);

    // Touches every page, so that no reader's store is the first in its page.
    public ColdMemory() => NativeMemory.Fill(_memory, Bytes, 1);

    /// <summary>Stores to 4 to 47 random lines. Returns a value that depends on the loads, so that the compiler keeps
    /// them.</summary>
    public uint Dirty(ref uint random)
    {
        // Looks up the pages of the stores beforehand: a store that waits for its address does not wait in the buffer.
        byte** pages = stackalloc byte*[Pages];
        uint sum = 0;
        for (int i = 0; i < Pages; i++)
        {
            pages[i] = _memory + (Randomly.Next(ref random) % (uint)(Bytes / PageBytes) * PageBytes);
            sum += *pages[i];
        }

        uint next = random;
        uint lines = 4 + (Randomly.Next(ref next) % 44);
        for (uint i = 0; i < lines; i++)
        {
            pages[i % Pages][Randomly.Next(ref next) % (PageBytes / LineBytes) * LineBytes] = (byte)i;
        }

        random = next;
        return sum;
    }

    public void Dispose() => NativeMemory.Free(_memory);
}
