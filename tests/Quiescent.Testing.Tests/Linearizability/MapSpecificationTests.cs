using System.Collections.Concurrent;
using Log = Quiescent.Testing.HistoryLog<Quiescent.Testing.MapCall<int, int>, Quiescent.Testing.MapResult<int>>;
using Recorder =
    Quiescent.Testing.HistoryRecorder<Quiescent.Testing.MapCall<int, int>, Quiescent.Testing.MapResult<int>>;

namespace Quiescent.Testing.Tests.Linearizability;

// The specification beside ConcurrentDictionary, used by one thread. Each result is then the only legal one.
public sealed class MapSpecificationTests
{
    private const int Programs = 300;
    private const int Length = 30;

    private readonly MapSpecification<int, int> _specification = new();

    [Fact]
    public void What_a_concurrent_dictionary_returns_is_legal()
    {
        for (int seed = 0; seed < Programs; seed++)
        {
            Assert.Equal(LinearizabilityVerdict.Linearizable, Run(seed, wrong: -1));
        }
    }

    // Fault caught: a result of some operation is not looked at.
    [Fact]
    public void Any_other_result_is_not()
    {
        HashSet<MapMethod> wronged = [];
        for (int seed = 0; seed < Programs; seed++)
        {
            Assert.Equal(LinearizabilityVerdict.NotLinearizable, Run(seed, wrong: seed % Length, wronged));
        }

        Assert.Equal(Enum.GetValues<MapMethod>(), wronged.Order());
    }

    [Fact]
    public void A_map_that_had_content_keeps_it()
    {
        Recorder recorder = new();
        Log log = recorder.RegisterThread();
        log.Invoke(new(MapMethod.TryGetValue, 1));
        log.Return(new(true, 10));
        log.Invoke(new(MapMethod.ContainsKey, 2));
        log.Return(new(false));
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, recorder.Check(_specification).Verdict);
        MapSpecification<int, int> filled = new(new Dictionary<int, int> { [1] = 10 });
        Assert.Equal(LinearizabilityVerdict.Linearizable, recorder.Check(filled).Verdict);
    }

    [Fact]
    public void A_method_that_there_is_not_is_refused()
    {
        Recorder recorder = new();
        recorder.RegisterThread().Invoke(new((MapMethod)99, 1));
        recorder.RegisterThread().Invoke(new(MapMethod.TryGetValue, 1));
        HistoryRecorder<RegisterCall<int>, int> register = new();
        Log log = recorder.RegisterThread();
        log.Invoke(new((MapMethod)99, 1));
        log.Return(default);
        Assert.Throws<InvalidOperationException>(() => recorder.Check(_specification));
        HistoryLog<RegisterCall<int>, int> other = register.RegisterThread();
        other.Invoke(new((RegisterMethod)99));
        other.Return(default);
        Assert.Throws<InvalidOperationException>(() => register.Check(new RegisterSpecification<int>()));
    }

    private LinearizabilityVerdict Run(int seed, int wrong, HashSet<MapMethod>? wronged = null)
    {
        Random random = new(seed);
        ConcurrentDictionary<int, int> map = new();
        Recorder recorder = new();
        Log log = recorder.RegisterThread();
        for (int i = 0; i < Length; i++)
        {
            // Set has no result that could be wrong.
            MapMethod method = MapProgram.Methods[random.Next(MapProgram.Methods.Length)];
            method = i == wrong && method == MapMethod.Set ? MapMethod.ContainsKey : method;
            MapCall<int, int> call = new(method, random.Next(2), random.Next(3), random.Next(3));
            log.Invoke(call);
            MapResult<int> result = MapProgram.Apply(map, call);
            log.Return(i == wrong ? Other(method, result) : result);
            if (i == wrong)
            {
                wronged?.Add(method);
            }
        }

        wronged?.Add(MapMethod.Set);
        return recorder.Check(_specification).Verdict;
    }

    private static MapResult<int> Other(MapMethod method, MapResult<int> result) =>
        method is MapMethod.GetOrAdd || (result.Success && method is MapMethod.TryGetValue or MapMethod.TryRemove)
            ? new(result.Success, result.Value + 1)
            : new(!result.Success, result.Value);
}
