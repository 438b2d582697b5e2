using Quiescent.Torture.Actors;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Scenarios;

// Domains that are made, loaded by several threads, and disposed of under this load. The domain reclaims what it has
// accepted; the caller keeps what the domain refuses; and sections that are still open keep what they hold. Since each
// domain is new to its loaders, their first sections in it meet its first grace periods.
internal static class Disposal
{
    public static void Populate(Session session)
    {
        Stage stage = new();
        for (int i = 0; i < session.Options.Updaters; i++)
        {
            session.Add(new Loader(i, session, stage));
        }

        session.Add(new Disposer(session, stage));
    }
}

// The current domain, and how many threads are at work in it.
internal sealed class Stage
{
    private readonly Lock _lock = new();
    private RcuSubject? _subject;
    private int _inside;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _inside == 0;
            }
        }
    }

    public void Open(RcuSubject subject)
    {
        lock (_lock)
        {
            _subject = subject;
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            _subject = null;
        }
    }

    /// <summary>Null: there is no domain just now.</summary>
    public RcuSubject? Enter()
    {
        lock (_lock)
        {
            _inside += _subject is null ? 0 : 1;
            return _subject;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _inside--;
        }
    }
}

// Reads and updates until the domain refuses because it is disposed.
internal sealed class Loader(int number, Session session, Stage stage) : Actor($"loader {number}", session)
{
    protected override void Step()
    {
        RcuSubject? subject = stage.Enter();
        if (subject is null)
        {
            Thread.Yield();
            return;
        }

        try
        {
            Doing("loading a domain that is to be disposed of");
            int guarded = subject.ClaimGuardedBlock();
            while (true)
            {
                Use(subject, guarded);
            }
        }
        catch (ObjectDisposedException)
        {
            // As promised.
        }
        finally
        {
            stage.Leave();
        }
    }

    private void Use(RcuSubject subject, int guarded)
    {
        Primitive primitive = Random.Pick(Primitives.All);
        if (Random.OneIn(2))
        {
            Sections.Any([subject], Session.Delay, Random);
        }
        else if (Primitives.IsWait(primitive))
        {
            Waits.InGuardedBlock(subject, guarded, primitive, Random);
            Session.Primitives.Count(primitive);
        }
        else
        {
            Operations.Do(subject, primitive, Random);
            Session.Primitives.Count(primitive);
        }
    }
}

internal sealed class Disposer(Session session, Stage stage) : Actor("disposer", session)
{
    private const int MaxMilliseconds = 20;

    protected override void Step()
    {
        RcuSubject subject = RcuSubject.New(
            "short-lived",
            Session.Failures,
            Random.OneIn(3) ? ReadSideBarrier.Full : ReadSideBarrier.Asymmetric,
            validate: Random.OneIn(8),
            reclaimDelay: TimeSpan.FromMilliseconds(Random.Next(2)));
        stage.Open(subject);
        Delay.Spin(TimeSpan.FromMicroseconds(Random.Next(200)));
        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Next(MaxMilliseconds)));
        Doing("disposing of a domain under load");
        subject.Domain.Dispose();
        stage.Close();
        Doing("waiting for the loaders to see the disposal");
        while (!stage.IsEmpty)
        {
            Thread.Yield();
        }

        BooksCheck.Check(subject);
        Session.PastAges.Add(subject.Ages);
        subject.Dispose();
    }
}
