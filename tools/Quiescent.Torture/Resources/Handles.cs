using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Resources;

// Safe handles that know whether they are open.
internal sealed class Handles : ResourceFixture
{
    private readonly Number[] _places;
    private long _numbers;

    public Handles(Subject subject, Releasing releasing)
        : base(subject, "handle", releasing) => _places = [.. Enumerable.Range(0, Places).Select(_ => New())];

    public override void Change(Rng random)
    {
        ref Number place = ref _places[random.Next(Places)];
        CloseWhereItIs(Volatile.Read(ref place), random);
        Number old = Interlocked.Exchange(ref place, New());
        if (random.OneIn(8))
        {
            UseAcrossTheClose(old, random);
        }
        else
        {
            Discard(old, old.Life, random);
        }
    }

    public override void CloseAll() => Array.ForEach(_places, number => number.Dispose());

    protected override Life? LookAt(int place, scoped ref readonly ReadGuard guard, Delay delay, Rng random)
    {
        Number handle = Volatile.Read(ref _places[place]);
        return Check(handle, guard.Dereference(handle), delay, random);
    }

    protected override Life? LookAt(int place, SrcuReadLock section, Delay delay, Rng random)
    {
        Number handle = Volatile.Read(ref _places[place]);
        return Check(handle, section.Dereference(handle), delay, random);
    }

    // As marshalling does: a counted reference keeps the handle open after the readers have gone.
    private void UseAcrossTheClose(Number handle, Rng random)
    {
        bool isCounted = false;
        try
        {
            handle.DangerousAddRef(ref isCounted);
        }
        catch (ObjectDisposedException)
        {
            return; // Closed in its place, and released by now.
        }

        Discard(handle, handle.Life, random);
        Thread.SpinWait(random.Next(2_000));
        LookBack(ReleasesAtOnce ? null : handle.Life);
        handle.DangerousRelease();
    }

    private Life? Check(Number handle, nint number, Delay delay, Rng random)
    {
        if (number != handle.Expected)
        {
            Fail($"gave {number} where {handle.Expected} was expected");
        }

        LookBack(handle.Life);
        delay.Spend(random);
        LookBack(handle.Life);
        return handle.Life;
    }

    private Number New() => new((nint)Interlocked.Increment(ref _numbers), new Life(Releases), Subject.Domain);

    private sealed class Number : RcuSafeHandle
    {
        public Number(nint number, Life life, GracePeriodDomain domain)
            : base(0, ownsHandle: true, domain)
        {
            Life = life;
            Expected = number;
            SetHandle(number);
        }

        public Life Life { get; }

        public nint Expected { get; }

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            Life.End();
            return true;
        }
    }
}
