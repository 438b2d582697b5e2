using System.Buffers;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Resources;

// Arrays of a pool in which each element is the renter's stamp. A renter writes to its array at once, so a reader whose
// array is rented again sees two stamps, and a renter that shares an array sees another's.
internal sealed class Arrays : ResourceFixture
{
    private const int Length = 60;
    private const int MaxPerBucket = 16;

    private readonly ArrayPool<long> _pool;
    private readonly long[]?[] _places = new long[]?[Places];
    private long _stamps;
    private long _rented;
    private long _secondReturns;

    public Arrays(Subject subject, Releasing releasing)
        : base(subject, "pooled array", releasing) =>
        _pool = ReleasesAtOnce
            ? ArrayPool<long>.Create()
            : new RcuArrayPool<long>(subject.Domain, maxArraysPerBucket: MaxPerBucket);

    public override void Change(Rng random)
    {
        long stamp = Interlocked.Increment(ref _stamps);
        long[] array = _pool.Rent(Length);
        Interlocked.Increment(ref _rented);
        array.AsSpan().Fill(stamp);
        Thread.SpinWait(random.Next(200));
        if (array.AsSpan().ContainsAnyExcept(stamp))
        {
            Fail("was rented by two at once");
        }

        if (Interlocked.Exchange(ref _places[random.Next(Places)], array) is not { } old)
        {
            return;
        }

        _pool.Return(old, clearArray: random.OneIn(4));
        if (!ReleasesAtOnce && random.OneIn(64))
        {
            ReturnTwice(random);
        }
    }

    public override void CloseAll()
    {
        foreach (long[]? array in _places)
        {
            if (array is not null)
            {
                _pool.Return(array);
            }
        }
    }

    public override string? Fault() => null;

    protected override Life? LookAt(int place, scoped ref readonly ReadGuard guard, Delay delay, Rng random) =>
        Check(place, delay, random);

    protected override Life? LookAt(int place, SrcuReadLock section, Delay delay, Rng random) =>
        Check(place, delay, random);

    private Life? Check(int place, Delay delay, Rng random)
    {
        if (Volatile.Read(ref _places[place]) is not { } array)
        {
            return null;
        }

        long stamp = Volatile.Read(ref array[0]);
        delay.Spend(random);
        if (array.AsSpan().ContainsAnyExcept(stamp))
        {
            Fail($"of stamp {stamp} was used again under a section");
        }

        return null;
    }

    // An array that no reader has seen and no other thread has.
    private void ReturnTwice(Rng random)
    {
        long[] array = _pool.Rent(Length * 8);
        _pool.Return(array, clearArray: random.OneIn(2));
        try
        {
            _pool.Return(array);
        }
        catch (InvalidOperationException)
        {
            Interlocked.Increment(ref _secondReturns);
            return;
        }

        Fail("was returned twice, and accepted both times");
    }
}
