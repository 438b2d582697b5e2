using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// Where a thread leaves an open section for another thread.
internal sealed class Relay
{
    private Baton? _baton;

    public bool IsEmpty => Volatile.Read(ref _baton) is null;

    public void Put(Baton baton) => Volatile.Write(ref _baton, baton);

    public Baton? Take() => Interlocked.Exchange(ref _baton, null);
}

// An open section on its way from the thread that began it to the one that ends it, or to several that try.
internal sealed class Baton(SrcuSubject subject, SrcuReadLock section, Observation seen)
{
    private const int SpinsForTheOther = 2000;

    private int _arrived;
    private int _tries;
    private int _releases;

    /// <summary>The last check, then the end, by the one thread that has it.</summary>
    public void EndAndRelease(Rng random)
    {
        seen.End();
        subject.Release(section, random);
    }

    /// <summary>Called by two threads at the same time, after the last check: one of them ends the section, and the
    /// later one reports whether exactly one did.</summary>
    public string? Contend()
    {
        Interlocked.Increment(ref _arrived);
        for (int spins = 0; Volatile.Read(ref _arrived) < 2 && spins < SpinsForTheOther; spins++)
        {
            Thread.SpinWait(1);
        }

        if (SrcuSubject.TryRelease(section))
        {
            Interlocked.Increment(ref _releases);
        }

        return Interlocked.Increment(ref _tries) == 2 && Volatile.Read(ref _releases) != 1
            ? $"Of two releases of one lock of the domain '{subject.Name}' {_releases} were accepted."
            : null;
    }

    /// <summary>Whether two threads are to contend for its end.</summary>
    public bool IsContended { get; init; }

    public void Look() => seen.Recheck();
}

// Begins sections that others end.
internal sealed class RelayStarter(string name, Session session, IReadOnlyList<SrcuSubject> subjects, Relay relay)
    : Actor(name, session)
{
    protected override void Step()
    {
        SrcuSubject subject = Random.Pick(subjects);
        SrcuReadLock section = subject.ReadLock();
        Observation seen = Observation.Begin(subject, section, Random);
        Baton baton = new(subject, section, seen) { IsContended = Random.OneIn(4) };
        baton.Look();
        relay.Put(baton);
        Doing("waiting for another thread to take an open section");
        if (!WaitUntil(() => relay.IsEmpty) && relay.Take() is not null)
        {
            baton.EndAndRelease(Random);
            return;
        }

        if (baton.IsContended && baton.Contend() is { } fault)
        {
            Session.Failures.Add(fault);
        }
    }
}

// Ends sections that others have begun.
internal sealed class RelayFinisher(string name, Session session, Relay relay) : Actor(name, session)
{
    protected override void Step()
    {
        if (relay.Take() is not { } baton)
        {
            Thread.Yield();
            return;
        }

        if (!baton.IsContended)
        {
            baton.Look();
            Session.Delay.Spend(Random);
            baton.EndAndRelease(Random);
        }
        else if (baton.Contend() is { } fault)
        {
            Session.Failures.Add(fault);
        }
    }
}
