using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// The measurements of one contestant so far. A contestant that failed once takes no further turn.
internal sealed class Score(Contestant contestant)
{
    private readonly List<Reading> _readings = [];

    public Contestant Contestant => contestant;

    public string? Failure { get; private set; }

    public bool IsOut => contestant.Absent is not null || Failure is not null;

    /// <summary>Whether it has a value: it took part to the end.</summary>
    public bool Counts => !IsOut && _readings.Count != 0;

    public void Add(Reading reading)
    {
        if (!double.IsFinite(reading.Value))
        {
            Fail($"measured {reading.Value}");
            return;
        }

        _readings.Add(reading);
    }

    public void Fail(string message) => Failure = message;

    public double[] Values() => [.. _readings.Select(reading => reading.Value)];

    /// <summary>The detail of that name of each round; empty where a round lacks it.</summary>
    public double[] Values(string detail)
    {
        double[] values =
        [
            .. _readings.SelectMany(reading => reading.Details)
                .Where(one => one.Name == detail)
                .Select(one => one.Value),
        ];
        return values.Length == _readings.Count ? values : [];
    }

    public Row ToRow() => new()
    {
        Name = contestant.Name,
        Side = contestant.Side,
        Value = Counts ? Spread.Of(Values()) : null,
        Readings = Values(),
        Details = Counts ? [.. Details()] : [],
        Remark = contestant.Remark,
        Absent = contestant.Absent,
        Failure = Failure,
    };

    private IEnumerable<DetailSpread> Details() =>
        from detail in _readings.SelectMany(reading => reading.Details)
        group detail.Value by detail.Name into values
        select new DetailSpread(values.Key, Spread.Of(values));
}
