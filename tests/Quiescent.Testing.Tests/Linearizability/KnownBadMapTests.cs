using PairRecorder =
    Quiescent.Testing.HistoryRecorder<
        Quiescent.Testing.MapCall<int, Quiescent.Testing.Tests.Linearizability.Pair>,
        Quiescent.Testing.MapResult<Quiescent.Testing.Tests.Linearizability.Pair>>;
using Recorder =
    Quiescent.Testing.HistoryRecorder<Quiescent.Testing.MapCall<int, long>, Quiescent.Testing.MapResult<long>>;

namespace Quiescent.Testing.Tests.Linearizability;

// Fault caught, in each: the check passes a map that is known to be wrong. The same schedule over the map without the
// fault passes, so that it is the fault that is found.
public sealed class KnownBadMapTests
{
    private const int Key = 7;
    private const int Other = 8;

    private readonly MapSpecification<int, long> _specification = new();

    [Fact]
    public void Two_winners_of_one_insert_are_found()
    {
        LinearizabilityReport report = TwoInserts(isBusted: true).Check(_specification);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, report.Verdict);
        Assert.Equal(Key, report.Key);
        Assert.Equal(
            """
            Not linearizable: key 7.
            These operations have no order. The state before them: absent.

              thread 1  |-----|  TryAdd(key, 100): true
              thread 2    |-|    TryAdd(key, 200): true
            """,
            report.ToString());
        Assert.Equal(
            LinearizabilityVerdict.Linearizable, TwoInserts(isBusted: false).Check(_specification).Verdict);
    }

    [Fact]
    public void A_torn_value_is_found()
    {
        MapSpecification<int, Pair> specification = new(new Dictionary<int, Pair> { [Key] = default });
        LinearizabilityReport report = WriteAndRead(isBusted: true).Check(specification);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, report.Verdict);
        Assert.Equal(
            """
            Not linearizable: key 7.
            These operations have no order. The state before them: (0, 0).

              thread 1  |-->  Set(key, (1, 1))
              thread 2  |-|   TryGetValue(key): true, (1, 0)

            > returned later, or never
            """,
            report.ToString());
        Assert.Equal(
            LinearizabilityVerdict.Linearizable, WriteAndRead(isBusted: false).Check(specification).Verdict);
    }

    [Fact]
    public void Two_updates_of_one_value_are_found()
    {
        MapSpecification<int, long> specification = new(new Dictionary<int, long> { [Key] = 1 });
        LinearizabilityReport report = TwoUpdates(isBusted: true).Check(specification);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, report.Verdict);
        Assert.Equal(
            """
            Not linearizable: key 7.
            These operations have no order. The state before them: 1.

              thread 1  |---|  TryUpdate(key, 2, 1): true
              thread 2  |-|    TryUpdate(key, 3, 1): true
            """,
            report.ToString());
        Assert.Equal(LinearizabilityVerdict.Linearizable, TwoUpdates(isBusted: false).Check(specification).Verdict);
    }

    [Fact]
    public void An_assert_throws_the_report()
    {
        Recorder busted = TwoInserts(isBusted: true);
        RcuAssertException found = Assert.Throws<RcuAssertException>(
            () => RcuAssert.Linearizable(busted, _specification));
        Assert.Equal(busted.Check(_specification).ToString(), found.Message);
        LinearizabilityReport report = RcuAssert.Linearizable(TwoInserts(isBusted: false), _specification);
        Assert.Equal("Linearizable: 4 operations on 2 keys.", report.ToString());
    }

    // The first insert has passed the first slot when that becomes free, and the second one takes it.
    private static Recorder TwoInserts(bool isBusted)
    {
        Recorder recorder = new();
        var (first, second) = (recorder.RegisterThread(), recorder.RegisterThread());
        SlotMap map = new(isBusted);
        first.Invoke(new(MapMethod.TryAdd, Other, 1));
        first.Return(new(map.TryAdd(Other, 1)));
        map.Meanwhile = () =>
        {
            second.Invoke(new(MapMethod.TryRemove, Other));
            second.Return(new(map.TryRemove(Other, out long removed), removed));
            second.Invoke(new(MapMethod.TryAdd, Key, 200));
            second.Return(new(map.TryAdd(Key, 200)));
        };
        first.Invoke(new(MapMethod.TryAdd, Key, 100));
        first.Return(new(map.TryAdd(Key, 100)));
        return recorder;
    }

    private static PairRecorder WriteAndRead(bool isBusted)
    {
        PairRecorder recorder = new();
        var (writer, reader) = (recorder.RegisterThread(), recorder.RegisterThread());
        WideMap map = new(isBusted);
        map.Meanwhile = () =>
        {
            reader.Invoke(new(MapMethod.TryGetValue, Key));
            reader.Return(new(true, map.Read()));
        };
        writer.Invoke(new(MapMethod.Set, Key, new Pair(1, 1)));
        map.Set(new Pair(1, 1));
        writer.Return(default);
        return recorder;
    }

    private static Recorder TwoUpdates(bool isBusted)
    {
        Recorder recorder = new();
        var (first, second) = (recorder.RegisterThread(), recorder.RegisterThread());
        UpdateMap map = new(isBusted, initial: 1);
        map.Meanwhile = () =>
        {
            second.Invoke(new(MapMethod.TryUpdate, Key, 3, 1));
            second.Return(new(map.TryUpdate(3, 1)));
        };
        first.Invoke(new(MapMethod.TryUpdate, Key, 2, 1));
        first.Return(new(map.TryUpdate(2, 1)));
        return recorder;
    }
}
