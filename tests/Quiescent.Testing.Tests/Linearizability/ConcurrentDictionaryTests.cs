using System.Collections.Concurrent;
using Recorder =
    Quiescent.Testing.HistoryRecorder<Quiescent.Testing.MapCall<int, long>, Quiescent.Testing.MapResult<long>>;

namespace Quiescent.Testing.Tests.Linearizability;

// Programs of several threads over a map that is right.
public sealed class ConcurrentDictionaryTests
{
    private const int Threads = 4;

    private readonly MapSpecification<int, long> _specification = new();

    // Fault caught: a correct map is flagged; a wrong result among many right ones is not.
    [Theory]
    [InlineData(1, 20_000)]
    [InlineData(16, 100_000)]
    [InlineData(10_000, 100_000)]
    public void Its_operations_are_linearizable(int keys, int operations) => Check(keys, operations);

    [Theory]
    [InlineData(4, 1_000_000)]
    [InlineData(50_000, 1_000_000)]
    [Trait("Category", "Slow")]
    public void Millions_of_its_operations_are_linearizable(int keys, int operations) => Check(keys, operations);

    // Fault caught: a check while threads record sees what an operation did, and not the operation.
    [Fact]
    public async Task A_check_does_not_wait_for_the_threads_that_record()
    {
        Recorder recorder = new();
        ConcurrentDictionary<int, long> map = new();
        Task program = Task.Run(
            () => Run(recorder, map, keys: 2, operations: 50_000), TestContext.Current.CancellationToken);
        int checks = 0;
        while (!program.IsCompleted || checks == 0)
        {
            RcuAssert.Linearizable(recorder, _specification);
            checks++;
        }

        await program;
        Assert.Equal(Threads * 50_000, RcuAssert.Linearizable(recorder, _specification).OperationCount);
    }

    private void Check(int keys, int operations)
    {
        Recorder recorder = new();
        ConcurrentDictionary<int, long> map = new();
        Run(recorder, map, keys, operations);
        LinearizabilityReport report = RcuAssert.Linearizable(recorder, _specification);
        Assert.Equal(Threads * operations, report.OperationCount);
        Assert.InRange(report.KeyCount, keys * 99 / 100, keys);

        var last = recorder.RegisterThread();
        last.Invoke(new(MapMethod.TryGetValue, keys - 1));
        last.Return(new(true, -1));
        report = recorder.Check(_specification);
        Assert.Equal((LinearizabilityVerdict.NotLinearizable, keys - 1), (report.Verdict, report.Key));
    }

    private static void Run(Recorder recorder, ConcurrentDictionary<int, long> map, int keys, int operations)
    {
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            Random random = new(number);
            var log = recorder.RegisterThread();
            for (int i = 0; i < operations; i++)
            {
                MapMethod method = MapProgram.Methods[random.Next(MapProgram.Methods.Length)];
                MapCall<int, long> call = new(method, random.Next(keys), random.Next(4), random.Next(4));
                log.Invoke(call);
                log.Return(MapProgram.Apply(map, call));
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }
}
