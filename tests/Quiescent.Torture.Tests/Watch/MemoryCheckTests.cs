using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Watch;

public sealed class MemoryCheckTests
{
    private const long Some = 5 << 20;

    [Fact]
    public void Memory_within_the_tolerance_is_back()
    {
        Assert.Null(
            MemoryCheck.Fault(new MemoryUse(Some, Some + MemoryCheck.NativeTolerance, Some, Some * 1000, 0, 0)));
        Assert.Null(MemoryCheck.Fault(new MemoryUse(null, null, Some, Some + MemoryCheck.WorkingSetTolerance, 0, 0)));
    }

    // The busted twins of a library that frees what it is given.
    [Fact]
    public void Memory_beyond_the_tolerance_is_a_failure()
    {
        Assert.NotNull(
            MemoryCheck.Fault(new MemoryUse(Some, Some + MemoryCheck.NativeTolerance + 1, Some, Some, 0, 0)));
        Assert.NotNull(
            MemoryCheck.Fault(new MemoryUse(null, null, Some, Some + MemoryCheck.WorkingSetTolerance + 1, 0, 0)));
    }

    // Where malloc reports how much it has handed out, a leak shows there.
    [Fact]
    public unsafe void A_leak_of_native_memory_shows()
    {
        MemoryCheck check = new();
        List<nint> leaked = [];
        for (int i = 0; i < 1000; i++)
        {
            leaked.Add((nint)System.Runtime.InteropServices.NativeMemory.Alloc(100_000));
        }

        MemoryUse use = check.End();
        leaked.ForEach(block => System.Runtime.InteropServices.NativeMemory.Free((void*)block));
        Assert.SkipWhen(use.NativeAtEnd is null, "This C library does not tell.");
        Assert.NotNull(MemoryCheck.Fault(use));
    }
}
