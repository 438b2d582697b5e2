namespace Quiescent.Scale.Workloads.Maps;

internal enum MapOperation : byte
{
    Read,
    Insert,
    Remove,
    Update,
}

// How many operations of a hundred are of which kind, as in conc-map-bench.
internal sealed record MapMix(string Id, int Read, int Insert, int Remove, int Update)
{
    private const ulong Seed = 0xB1E5;

    public static readonly MapMix ReadHeavy = new("read-heavy", 98, 1, 1, 0);
    public static readonly MapMix Exchange = new("exchange", 10, 40, 40, 10);
    public static readonly MapMix RapidGrow = new("rapid-grow", 5, 80, 5, 10);

    public string Shares => $"{Read} reads, {Insert} inserts, {Remove} removes, {Update} updates of 100";

    /// <summary>How many keys are used by random operations so that about that many are there at a time: as many come
    /// as go then, from the first operation on.</summary>
    public long KeysFor(long entries) => entries * (Insert + Update + Remove) / (Insert + Update);

    /// <summary>The kinds of a thread's operations, made before anything is timed.</summary>
    public MapOperation[] Pick(int count, int thread)
    {
        MapOperation[] operations = new MapOperation[count];
        for (int i = 0; i < count; i++)
        {
            int of100 = (int)(MapKeys.Of((Seed * ((ulong)thread + 1)) + (ulong)i) % 100);
            operations[i] = of100 < Read ? MapOperation.Read
                : of100 < Read + Insert ? MapOperation.Insert
                : of100 < Read + Insert + Remove ? MapOperation.Remove
                : MapOperation.Update;
        }

        return operations;
    }
}
