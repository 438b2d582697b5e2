using BenchmarkDotNet.Attributes;

namespace Quiescent.Micro;

// The cost of queueing a block, in each of its forms. An iteration is one invocation on blocks allocated before it; a
// barrier frees them after it, outside the measured time, so that the backlog is bounded and malloc is not measured.
[InvocationCount(1)]
public unsafe class FreeBenchmarks
{
    private const int Count = 100_000;

    private readonly nint[] _blocks = new nint[Count];

    [IterationSetup]
    public void Allocate()
    {
        for (int i = 0; i < Count; i++)
        {
            _blocks[i] = (nint)Blocks.Allocate(i);
        }
    }

    [IterationCleanup]
    public void Barrier() => Rcu.Barrier();

    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public void AtOnce()
    {
        foreach (nint block in _blocks)
        {
            Blocks.Free((long*)block);
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void HeadLess()
    {
        foreach (nint block in _blocks)
        {
            Rcu.Free((void*)block);
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void Head()
    {
        foreach (nint block in _blocks)
        {
            Rcu.Free((void*)block, (RcuHead*)(block + sizeof(long)));
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void Bulk() => Rcu.FreeBulk(_blocks);

    [Benchmark(OperationsPerInvoke = Count)]
    public void FunctionCallback()
    {
        foreach (nint block in _blocks)
        {
            Rcu.Call((RcuHead*)(block + sizeof(long)), &FreeBlockOf);
        }
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void Delegate()
    {
        foreach (nint block in _blocks)
        {
            Rcu.Call(block, static block => Blocks.Free((long*)block));
        }
    }

    // SAFETY: the head is the second word of its block.
    private static void FreeBlockOf(RcuHead* head) => Blocks.Free((long*)head - 1);
}
