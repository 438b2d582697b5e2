using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// Every way to be inside a section that may await. Each method is a piece of a reader's work, and checks everything
// that it loads.
internal static class SleepableSections
{
    private const int MaxDepth = 4;

    /// <summary>A section of this thread, with others nested in it: of the same domain, or of others in any
    /// order.</summary>
    public static void OnThread(
        IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others, Delay delay, Rng random) =>
        OnThread(subjects, others, random.Next(MaxDepth), delay, random);

    /// <summary>A section held across awaits, and so across threads.</summary>
    public static Task AcrossAwaits(
        IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others, Delay delay, Rng random) =>
        AcrossAwaits(subjects, others, random.Next(MaxDepth), delay, random);

    /// <summary>Sections one after the other, with only slow stores between them.</summary>
    public static void Tight(SrcuSubject subject, int count, ColdLines cold, Rng random)
    {
        for (int i = 0; i < count; i++)
        {
            if ((i & 1) != 0)
            {
                cold.Dirty(random);
            }

            using SrcuReadLock section = subject.ReadLock();
            Observation seen = Observation.Begin(subject, section, random);
            Thread.SpinWait(i & 63);
            seen.End();
        }
    }

    private static void OnThread(
        IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others, int depth, Delay delay, Rng random)
    {
        SrcuSubject subject = random.Pick(subjects);
        SrcuReadLock section = subject.ReadLock();
        Observation seen = BeginAndWait(subject, section, delay, random);
        if (depth > 0)
        {
            OnThread(subjects, others, depth - 1, delay, random);
            delay.Spend(random);
        }
        else
        {
            Innermost(subjects, others, delay, random);
        }

        RefuseElsewhere(subject, subjects, section, random);
        seen.End();
        subject.Release(section, random);
    }

    private static async Task AcrossAwaits(
        IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others, int depth, Delay delay, Rng random)
    {
        SrcuSubject subject = random.Pick(subjects);
        await using SrcuReadLock section = subject.ReadLock();
        Observation seen = BeginAndWait(subject, section, delay, random);
        await Hop(random);
        seen.Recheck();
        if (depth > 0)
        {
            await AcrossAwaits(subjects, others, depth - 1, delay, random);
            await Hop(random);
        }
        else
        {
            Innermost(subjects, others, delay, random);
        }

        RefuseElsewhere(subject, subjects, section, random);
        seen.End();
    }

    private static Observation BeginAndWait(SrcuSubject subject, SrcuReadLock section, Delay delay, Rng random)
    {
        Observation seen = Observation.Begin(subject, section, random);
        if (random.OneIn(4))
        {
            seen.TakeCookie();
        }

        delay.Spend(random);
        seen.Recheck();
        return seen;
    }

    // A section of a domain whose sections belong to threads; sometimes with a sleepable one inside it again.
    private static void Innermost(
        IReadOnlyList<SrcuSubject> subjects, IReadOnlyList<RcuSubject> others, Delay delay, Rng random)
    {
        if (others.Count == 0 || !random.OneIn(4))
        {
            return;
        }

        RcuSubject other = random.Pick(others);
        using ReadGuard guard = other.ReadLock();
        Observation seen = Observation.Begin(other, in guard, random);
        if (random.OneIn(2))
        {
            SrcuSubject subject = random.Pick(subjects);
            using SrcuReadLock section = subject.ReadLock();
            BeginAndWait(subject, section, delay, random).End();
        }

        seen.End();
    }

    private static void RefuseElsewhere(
        SrcuSubject subject, IReadOnlyList<SrcuSubject> subjects, SrcuReadLock section, Rng random)
    {
        if (random.OneIn(32) && random.Pick(subjects) is { } other && other != subject)
        {
            other.MustRefuseForeign(section);
        }
    }

    private static async Task Hop(Rng random)
    {
        switch (random.Next(8))
        {
            case < 4:
                await Task.Yield();
                break;
            case 4:
                await Task.Delay(random.Next(3));
                break;
            case 5:
                await Task.Run(static () => Thread.SpinWait(200));
                break;
            default:
                // Continues where it is.
                break;
        }
    }
}
