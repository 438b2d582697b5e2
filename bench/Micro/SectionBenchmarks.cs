using BenchmarkDotNet.Attributes;

namespace Quiescent.Micro;

// A section, a dereference and one field. A registered reader belongs to its thread and cannot be kept in a field, so
// its two benchmarks run a loop of their own.
public unsafe class SectionBenchmarks
{
    private const int Operations = 10_000;

    private readonly RcuDomain _domain = new();
    private RcuPointer<long>* _pointer;

    [GlobalSetup]
    public void Publish() => _pointer = Blocks.Publish();

    [GlobalCleanup]
    public void Withdraw()
    {
        Blocks.Withdraw(_pointer);
        _domain.Dispose();
    }

    [Benchmark(Baseline = true)]
    public long Plain() => *_pointer->LoadProtected();

    [Benchmark]
    public long Guard()
    {
        using ReadGuard guard = Rcu.ReadLock();
        return guard.Dereference(in *_pointer);
    }

    [Benchmark]
    public long GuardOfDomain()
    {
        using ReadGuard guard = _domain.ReadLock();
        return guard.Dereference(in *_pointer);
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public long PlainInLoop()
    {
        long sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += *_pointer->LoadProtected();
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public long HandleInLoop()
    {
        using RcuReader reader = Rcu.RegisterReader();
        return ReadInLoop(reader);
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public long OnlineInLoop()
    {
        using RcuReader reader = Rcu.RegisterReader();
        reader.GoOnline();
        long sum = ReadInLoop(reader);
        reader.GoOffline();
        return sum;
    }

    private long ReadInLoop(RcuReader reader)
    {
        long sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            using ReadGuard guard = reader.ReadLock();
            sum += guard.Dereference(in *_pointer);
        }

        return sum;
    }
}
