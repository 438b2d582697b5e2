using Quiescent.Torture.Actors;
using Quiescent.Torture.Io;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// Many asynchronous readers, all at the same time for as long as the run lasts. Each section waits for files or for a
// socket, and ends on whatever thread it has come to. The actor itself checks that sections keep ending.
internal sealed class IoReaders(Session session, IReadOnlyList<SrcuSubject> subjects, BlockFile file, int count)
    : Actor("readers with I/O", session)
{
    private const int ReadersPerSocket = 10;
    private const int MaxRestMilliseconds = 50;

    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(10);

    private Task[] _readers = [];
    private long _ended;
    private long _operations;
    private long _hops;
    private long _mostOpen;
    private long _mostManaged;

    public override IEnumerable<(string Name, long Count)> Figures =>
    [
        ("asynchronous readers", _readers.Length),
        ("I/O operations inside sections", Interlocked.Read(ref _operations)),
        ("sections released on another thread than begun", Interlocked.Read(ref _hops)),
        ("sections open at most", _mostOpen),
        ("managed KiB at most", _mostManaged >> 10),
    ];

    protected override void Step()
    {
        if (_readers.Length == 0)
        {
            _readers = [.. Enumerable.Range(0, count).Select(number => StartReader(number, new Rng(Random.Next())))];
        }

        long ended = Interlocked.Read(ref _ended);
        Doing("waiting for one of the asynchronous readers to end a section");
        WaitUntil(() => Interlocked.Read(ref _ended) != ended);
        _mostOpen = Math.Max(_mostOpen, subjects.Sum(subject => subject.OpenSections));
        _mostManaged = Math.Max(_mostManaged, GC.GetTotalMemory(forceFullCollection: false));
        Session.Gate.Rest(s_glance);
    }

    protected override void Finish() => Task.WhenAll(_readers).GetAwaiter().GetResult();

    private Task StartReader(int number, Rng random) => Task.Run(async () =>
    {
        try
        {
            await ReadAsync(number, random);
        }
#pragma warning disable CA1031 // Whatever it is, it is a failure of the run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Session.Failures.Add($"The asynchronous reader {number} ended with {e}");
        }
    });

    private async Task ReadAsync(int number, Rng random)
    {
        byte[] block = new byte[BlockFile.BlockBytes];
        using Echo? echo = number % ReadersPerSocket == 0 ? await Echo.ConnectAsync() : null;
        while (!Session.Gate.IsStopping)
        {
            await HoldAcrossIoAsync(echo, block, mayNest: random.OneIn(8), random);
            await Task.Delay(random.Next(MaxRestMilliseconds));
        }
    }

    private async Task HoldAcrossIoAsync(Echo? echo, byte[] block, bool mayNest, Rng random)
    {
        SrcuSubject subject = random.Pick(subjects);
        int begunOn = Environment.CurrentManagedThreadId;
        SrcuReadLock section = subject.ReadLock();
        Observation seen = Observation.Begin(subject, section, random);
        if (random.OneIn(4))
        {
            seen.TakeCookie();
        }

        for (int i = random.Next(3); i >= 0; i--)
        {
            await OperateAsync(echo, block, random);
            seen.Recheck();
        }

        if (mayNest)
        {
            await HoldAcrossIoAsync(echo, block, mayNest: false, random);
        }

        await Task.Yield();
        seen.End();
        if (Environment.CurrentManagedThreadId != begunOn)
        {
            Interlocked.Increment(ref _hops);
        }

        subject.Release(section, random);
        Interlocked.Increment(ref _ended);
    }

    private async Task OperateAsync(Echo? echo, byte[] block, Rng random)
    {
        string? fault = echo is not null && random.OneIn(2) ? await echo.RoundTripAsync(random.Next())
            : random.OneIn(4) ? await file.ReadAnewAsync(random.Next(int.MaxValue), block)
            : await file.ReadAsync(random.Next(int.MaxValue), block);
        Interlocked.Increment(ref _operations);
        if (fault is not null)
        {
            Session.Failures.Add(fault);
        }
    }
}
