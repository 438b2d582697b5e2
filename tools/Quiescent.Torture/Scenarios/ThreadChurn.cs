using Quiescent.Torture.Actors;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// Threads that start, read and end; and threads that end inside a section, which the domain must report, and which must
// hold nothing up. Every other one is native where there are such: the runtime attaches it for its one call.
internal static class ThreadChurn
{
    private const int Makers = 2;

    public static void Populate(Session session)
    {
        RcuSubject deadly = session.Add(RcuSubject.New("deadly", session.Failures));
        for (int i = 0; i < Makers; i++)
        {
            session.Add(new ThreadMaker(i, session, deadly));
        }

        session.Add(new Updater(
            "updater among dying readers", session, [deadly, .. session.SharedDomains], Primitives.Waits));
    }
}

// Starts some threads at a time, so that several at once take over the slots of ended ones.
internal sealed class ThreadMaker : Actor
{
    private const int MaxThreads = 4;
    private const int MaxDepth = 3;

    private readonly RcuSubject _deadly;
    private readonly RcuSubject[] _subjects;
    private readonly int _number;
    private int _made;

    public ThreadMaker(int number, Session session, RcuSubject deadly)
        : base($"thread maker {number}", session)
    {
        _number = number;
        _deadly = deadly;
        _subjects = [deadly, .. session.SharedDomains];
    }

    protected override void Step()
    {
        Doing("joining threads that were to read and end");
        Action[] joins = new Action[Random.Between(1, MaxThreads)];
        for (int i = 0; i < joins.Length; i++)
        {
            Rng random = new(Random.Next());
            joins[i] = Start($"short-lived {_number}.{_made}", isNative: _made % 2 == 1, () => ReadAndEnd(random));
            _made++;
        }

        Array.ForEach(joins, static join => join());
    }

    private Action Start(string name, bool isNative, Action body) =>
        isNative && NativeThread.IsSupported
            ? BriefThread.StartNative(Session, name, body)
            : BriefThread.Start(Session, name, body).Join;

    private void ReadAndEnd(Rng random)
    {
        for (int i = random.Next(3); i >= 0; i--)
        {
            Sections.Any(_subjects, Session.Delay, random);
        }

        if (random.OneIn(4))
        {
            Die(random);
        }
    }

    // A section that is left open; its thread dereferences nothing any more.
    private void Die(Rng random)
    {
        _deadly.ExpectDeath();
        switch (random.Next(3))
        {
            case 0:
                for (int depth = random.Between(1, MaxDepth); depth > 0; depth--)
                {
                    _ = _deadly.ReadLock();
                }

                break;
            case 1:
                _ = _deadly.RegisterReader().ReadLock();
                break;
            default:
                _deadly.RegisterReader().GoOnline();
                break;
        }
    }
}
