using System.Diagnostics;
using System.Runtime.CompilerServices;
using RouteTable.Trie;
using RouteTable.Truth;

namespace RouteTable.Run;

/// <summary>Whether answers are checked. A struct policy: without, nothing of it is left in the loop.</summary>
internal interface ICheck
{
    static abstract bool IsOn { get; }
}

internal readonly struct Checked : ICheck
{
    public static bool IsOn => true;
}

internal readonly struct Unchecked : ICheck
{
    public static bool IsOn => false;
}

/// <summary>An answer that was right at no moment of its look-up.</summary>
internal readonly record struct WrongAnswer(uint Address, Route Answer, long FirstStep, long LastStep);

/// <summary>
/// Looks up without pause. One look-up in 4,096 lingers with a node in its hands while the updater replaces it, so that
/// a grace period that ends too early meets a reader within seconds.
/// </summary>
internal sealed class Reader<TMemory, TCheck>(
    int number, RouteTrie<TMemory> trie, GroundTruth truth, Replay replay, StepCounter counter, StopFlag stop)
    : Worker($"reader {number}", stop)
    where TMemory : struct, INodeMemory
    where TCheck : struct, ICheck
{
    private const int LingerEvery = 4096;
    private const int LongEvery = 32;
    private const int Reported = 8;

    // Long enough for a hundred steps of the updater or so; and for the reclaimer too, when all compete for the cores.
    private static readonly long s_short = Stopwatch.Frequency / 5_000;
    private static readonly long s_long = Stopwatch.Frequency / 50;

    private readonly WrongAnswer[] _wrong = new WrongAnswer[Reported];
    private AddressSource _source = new(replay, counter, (ulong)number * 0x9E37_79B9_7F4A_7C15);
    private int _untilLinger; // at once, so that all code has run before the measurement
    private int _lingered;
    private long _wrongAnswers;
    private ulong _sum; // of all origins found: without a use the compiler could leave look-ups out

    public long WrongAnswers => Volatile.Read(ref _wrongAnswers);

    /// <summary>The first wrong answers.</summary>
    public ReadOnlySpan<WrongAnswer> FirstWrong => _wrong.AsSpan(0, (int)Math.Min(WrongAnswers, Reported));

    protected override int DoSome()
    {
        const int Lookups = 64;
        _untilLinger -= Lookups;
        bool lingers = TCheck.IsOn && _untilLinger <= 0;
        if (lingers)
        {
            _untilLinger += LingerEvery;
            LookUpLingering();
        }

        for (int i = lingers ? 1 : 0; i < Lookups; i++)
        {
            NoPause none = default;
            LookUp(_source.Next(), ref none);
        }

        return Lookups;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookUpLingering()
    {
        uint address = _source.NextInFlight(out int level);
        var linger = new Linger(level, _lingered++ % LongEvery == 0 ? s_long : s_short);
        LookUp(address, ref linger);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void LookUp<TPause>(uint address, ref TPause pause)
        where TPause : struct, IPause
    {
        if (!TCheck.IsOn)
        {
            _sum += trie.Lookup(address, ref pause).Origin;
            return;
        }

        long finished = counter.Finished;
        Route answer = trie.Lookup(address, ref pause);
        long started = counter.Started;
        _sum += answer.Origin;
        if (!truth.Allows(address, answer, replay.PositionsBetween(finished, started)))
        {
            Report(new WrongAnswer(address, answer, finished, started));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Report(WrongAnswer wrong)
    {
        if (_wrongAnswers < Reported)
        {
            _wrong[_wrongAnswers] = wrong;
        }

        Volatile.Write(ref _wrongAnswers, _wrongAnswers + 1);
    }
}

/// <summary>Holds the section and a level's node for a while.</summary>
internal readonly struct Linger(int level, long duration) : IPause
{
    public void Here(int here)
    {
        if (here == level)
        {
            long end = Stopwatch.GetTimestamp() + duration;
            while (Stopwatch.GetTimestamp() < end)
            {
                Thread.SpinWait(20);
            }
        }
    }
}
