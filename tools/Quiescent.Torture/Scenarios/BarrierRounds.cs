using System.Buffers;
using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// rcutorture's barrier test: in each round n threads queue one item each, in any form, and when the barrier returns all
// items must have been reclaimed. In some rounds nobody calls a barrier, and they must be reclaimed all the same.
internal static class BarrierRounds
{
    public static void Populate(Session session)
    {
        Round round = new(session.Add(RcuSubject.New("barrier", session.Failures)), session.Options.Updaters + 1);
        session.Own(round);
        for (int i = 0; i < round.Posters; i++)
        {
            session.Add(new BarrierPoster(i, session, round));
        }

        session.Add(new BarrierCaller(session, round));
        RcuSubject lonely = RcuSubject.New("lonely", session.Failures, reclaimDelay: TimeSpan.Zero);
        session.Add(new LonelyPoster(session, session.Add(lonely)));
    }
}

// Queues one item a round.
internal sealed unsafe class BarrierPoster(int number, Session session, Round round)
    : Actor($"barrier poster {number}", session)
{
    private const int Forms = 7;
    private const int MaxTrivial = 1200;

    private int _seen;

    protected override void Step()
    {
        Doing("waiting for the next round");
        if (!WaitUntil(() => round.Number != _seen))
        {
            return;
        }

        _seen = round.Number;
        Doing("posting");
        QueueTrivial();
        Post(Random.Next(Forms));
        round.Posted();
    }

    private void Post(int form)
    {
        GracePeriodDomain domain = round.Subject.Domain;
        switch (form)
        {
            case 0:
                domain.Call(&NewParcel()->Head, &OnFunction);
                break;
            case 1:
                domain.Call(() => round.Arrive(isBlock: false));
                break;
            case 2:
                domain.Call(round, static round => round.Arrive(isBlock: false));
                break;
            case 3:
                domain.Dispose(new Arrival(round));
                break;
            case 4:
                domain.Return(new ArrivalPool(round), []);
                break;
            case 5:
                Parcel* parcel = NewParcel();
                domain.Free<ParcelHeap>(parcel, &parcel->Head);
                break;
            default:
                domain.Free<ParcelHeap>(NewParcel());
                break;
        }

        if (form >= 5)
        {
            round.Subject.Tally.CodeBlockQueued();
        }
        else
        {
            round.Subject.Tally.CallbackQueued();
        }
    }

    // In some rounds trivial blocks as well: a few, or more than a page.
    private void QueueTrivial()
    {
        for (int i = Random.OneIn(2) ? Random.Next(MaxTrivial) : 0; i > 0; i--)
        {
            Parcel* parcel = NewParcel();
            if (Random.OneIn(2))
            {
                round.Subject.Domain.Free(parcel, &parcel->Head);
            }
            else
            {
                round.Subject.Domain.Free(parcel);
            }

            round.Subject.Tally.BlockQueued();
        }
    }

    private Parcel* NewParcel()
    {
        // SAFETY: Open or the library frees it; nobody reads it.
        Parcel* parcel = (Parcel*)NativeMemory.Alloc((nuint)sizeof(Parcel));
        parcel->Owner = round.Handle;
        return parcel;
    }

    private static void OnFunction(RcuHead* head) => Open((Parcel*)head, isBlock: false);

    private static void Open(Parcel* parcel, bool isBlock)
    {
        Round round = (Round)GCHandle.FromIntPtr(parcel->Owner).Target!;
        NativeMemory.Free(parcel);
        round.Arrive(isBlock);
    }

    // The head comes first, so that its address is the parcel's.
    private struct Parcel
    {
        public RcuHead Head;
        public nint Owner;
    }

    private readonly struct ParcelHeap : INativeDeallocator
    {
        public static void Free(void* block) => Open((Parcel*)block, isBlock: true);
    }

    private sealed class Arrival(Round round) : IDisposable
    {
        public void Dispose() => round.Arrive(isBlock: false);
    }

    private sealed class ArrivalPool(Round round) : ArrayPool<int>
    {
        public override int[] Rent(int minimumLength) => throw new NotSupportedException();

        public override void Return(int[] array, bool clearArray = false) => round.Arrive(isBlock: false);
    }
}

// Begins each round, and ends it with one of the barriers, or with none.
internal sealed class BarrierCaller(Session session, Round round) : Actor("barrier caller", session)
{
    protected override void Step()
    {
        Doing("waiting for the posters");
        round.Begin();
        if (!WaitUntil(() => round.IsPosted))
        {
            return;
        }

        Primitive? barrier = Random.Next(4) switch
        {
            0 => Primitive.Barrier,
            1 => Primitive.BarrierAsync,
            2 => Primitive.BarrierCallbacks,
            _ => null,
        };
        if (barrier is null)
        {
            Doing("waiting, without a barrier, until everything has been reclaimed");
            WaitUntil(() => round.Arrived == round.Posters);
            return;
        }

        Doing(barrier.Value.ToString());
        Wait(barrier.Value);
        if (round.Fault($"{barrier}") is { } fault)
        {
            Session.Failures.Add(fault);
        }

        long waiting = round.Subject.Domain.GetStatistics().BlocksWaiting;
        if (barrier != Primitive.BarrierCallbacks && waiting != 0)
        {
            Session.Failures.Add($"{barrier} returned with {waiting} blocks waiting, and nobody queueing.");
        }
    }

    private void Wait(Primitive barrier)
    {
        GracePeriodDomain domain = round.Subject.Domain;
        switch (barrier)
        {
            case Primitive.Barrier:
                domain.Barrier();
                break;
            case Primitive.BarrierAsync:
                domain.BarrierAsync().AsTask().GetAwaiter().GetResult();
                break;
            default:
                domain.BarrierCallbacks();
                break;
        }
    }
}
