using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// Every way to be inside a section. Each method is a piece of a reader's work, on any thread, and checks everything
// that it loads.
internal static class Sections
{
    private const int MaxDepth = 4;
    private const int SectionsOnline = 16;

    /// <summary>One section of a random kind, with others nested in it.</summary>
    public static void Any(IReadOnlyList<RcuSubject> subjects, Delay delay, Rng random)
    {
        RcuSubject subject = random.Pick(subjects);
        switch (random.Next(6))
        {
            case 0:
                Registered(subject, delay, random);
                break;
            case 1:
                Online(subject, delay, random);
                break;
            case 2:
                AlwaysOnline(subject, delay, random);
                break;
            case 3:
                Renewed(subject, delay, random);
                break;
            case 4:
                // Through other domains: their grace periods do not wait for one another.
                Guard(subject, subjects, random.Next(MaxDepth), delay, random);
                break;
            default:
                Guard(subject, [subject], random.Next(MaxDepth), delay, random);
                break;
        }
    }

    /// <summary>A section opened by the domain, with others inside it, of the same domain or of any of those
    /// given.</summary>
    public static void Guard(RcuSubject subject, IReadOnlyList<RcuSubject> inside, int depth, Delay delay, Rng random)
    {
        using ReadGuard guard = subject.ReadLock();
        Observation seen = Observation.Begin(subject, in guard, random);
        if (random.OneIn(4))
        {
            seen.TakeCookie();
        }

        delay.Spend(random);
        seen.Recheck();
        if (depth > 0)
        {
            Guard(random.Pick(inside), inside, depth - 1, delay, random);

            // An inner section has ended; this one has not.
            delay.Spend(random);
        }

        seen.End();
    }

    /// <summary>Sections of a registered reader, one inside the other.</summary>
    public static void Registered(RcuSubject subject, Delay delay, Rng random)
    {
        using RcuReader reader = subject.RegisterReader();
        for (int i = random.Next(8); i >= 0; i--)
        {
            using ReadGuard outer = reader.ReadLock();
            Observation seen = Observation.Begin(subject, in outer, random);
            using (ReadGuard inner = reader.ReadLock())
            {
                Observation nested = Observation.Begin(subject, in inner, random);
                delay.Spend(random);
                nested.End();
            }

            seen.Recheck();
            Thread.SpinWait(random.Next(100));
            seen.End();
        }
    }

    /// <summary>Quiescent-state mode: what free sections load stays valid until the next quiescent state, beyond the
    /// sections.</summary>
    public static void Online(RcuSubject subject, Delay delay, Rng random)
    {
        using RcuReader reader = subject.RegisterReader();
        reader.GoOnline();
        for (int i = random.Next(SectionsOnline); i >= 0; i--)
        {
            Observation kept;
            using (ReadGuard free = reader.ReadLock())
            {
                kept = Observation.Begin(subject, in free, random);
                delay.Spend(random);
                kept.Recheck();
            }

            using (ReadGuard counted = subject.ReadLock())
            {
                Observation nested = Observation.Begin(subject, in counted, random);
                nested.End();
            }

            kept.End();
            reader.QuiescentState();
        }

        reader.GoOffline();
    }

    /// <summary>Sections of an online reader, which has no other state; and one that is counted, in between.</summary>
    public static void AlwaysOnline(RcuSubject subject, Delay delay, Rng random)
    {
        using OnlineReader reader = subject.RegisterOnlineReader();
        for (int i = random.Next(SectionsOnline); i >= 0; i--)
        {
            Observation kept;
            using (OnlineReadGuard free = reader.ReadLock())
            {
                kept = Observation.Begin(subject, in free, random);
                delay.Spend(random);
                kept.Recheck();
            }

            using (ReadGuard counted = subject.ReadLock())
            {
                Observation nested = Observation.Begin(subject, in counted, random);
                nested.End();
            }

            kept.End();
            reader.QuiescentState();
        }
    }

    /// <summary>A section that is renewed: what it loads stays valid until then, and no longer.</summary>
    public static void Renewed(RcuSubject subject, Delay delay, Rng random)
    {
        using ReadGuard guard = subject.ReadLock();
        for (int i = random.Next(SectionsOnline); i >= 0; i--)
        {
            Observation seen = Observation.Begin(subject, in guard, random);
            delay.Spend(random);
            seen.End();
            guard.Renew();
        }
    }

    /// <summary>Stays online until the condition holds: grace periods have only the quiescent states to go
    /// by.</summary>
    public static void StayOnline(RcuSubject subject, Func<bool> isEnough, Rng random)
    {
        using RcuReader reader = subject.RegisterReader();
        reader.GoOnline();
        while (!isEnough())
        {
            using (ReadGuard free = reader.ReadLock())
            {
                Observation seen = Observation.Begin(subject, in free, random);
                Thread.SpinWait(random.Next(64));
                seen.End();
            }

            reader.QuiescentState();
        }
    }

    /// <summary>Sections one after the other, with only slow stores between them: the likeliest for a scan to meet at
    /// their entry.</summary>
    public static void Tight(RcuSubject subject, int count, ColdLines cold, Rng random)
    {
        for (int i = 0; i < count; i++)
        {
            if ((i & 1) != 0)
            {
                cold.Dirty(random);
            }

            using ReadGuard guard = subject.ReadLock();
            Observation seen = Observation.Begin(subject, in guard, random);
            Thread.SpinWait(i & 63);
            seen.End();
        }
    }
}
