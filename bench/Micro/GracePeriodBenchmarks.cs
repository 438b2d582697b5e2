using BenchmarkDotNet.Attributes;

namespace Quiescent.Micro;

// Waiting and polling while nobody reads and nothing is queued.
public class GracePeriodBenchmarks
{
    private readonly RcuDomain _full = new(new RcuDomainOptions { ReadSideBarrier = ReadSideBarrier.Full });
    private GracePeriodState _state;

    [GlobalSetup]
    public void TakeState() => _state = Rcu.GetState();

    [GlobalCleanup]
    public void Dispose() => _full.Dispose();

    [Benchmark]
    public void Synchronize() => Rcu.Synchronize();

    [Benchmark]
    public void SynchronizeFull() => _full.Synchronize();

    [Benchmark]
    public GracePeriodState GetState() => Rcu.GetState();

    [Benchmark]
    public bool Poll() => Rcu.Poll(_state);

    [Benchmark]
    public void EmptyBarrier() => Rcu.Barrier();

    [Benchmark]
    public void EmptyBarrierCallbacks() => Rcu.BarrierCallbacks();
}
