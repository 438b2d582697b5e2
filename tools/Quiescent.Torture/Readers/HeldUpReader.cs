using System.Diagnostics;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Litmus;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// A section may be held up between loading the sequence and announcing it, while grace periods pass. Only preemption
// does that. So some of these share one processor, do little else than enter, and read the clock on both sides. A
// reader that was held up stays for a while, to see grace periods pass that must not; or leaves at once, so that its
// announcement and its release may fall between two looks of a scan that another section keeps waiting.
internal sealed class HeldUpReader(string name, Session session, SrcuSubject subject, int processor)
    : Actor(name, session)
{
    private const int SectionsPerStep = 2000;
    private const int MaxStayMicroseconds = 1000;

    private static readonly long s_heldUp = Stopwatch.Frequency / 20_000; // 50 µs

    private bool _isPinned;

    protected override void Step()
    {
        if (!_isPinned)
        {
            Cores.Take(processor);
            _isPinned = true;
        }

        for (int i = 0; i < SectionsPerStep; i++)
        {
            long before = Stopwatch.GetTimestamp();
            SrcuReadLock section = subject.ReadLockAtOnce();
            long seen = subject.GuardedBlocks[0].ReadBefore();
            if (Stopwatch.GetTimestamp() - before > s_heldUp && Random.OneIn(2))
            {
                Stay(section);
            }

            string? fault = subject.GuardedBlocks[0].Fault(seen);
            section.Dispose();
            if (fault is not null)
            {
                Session.Failures.Add($"{fault} (domain '{subject.Name}', thread '{Name}')");
            }
        }
    }

    private void Stay(SrcuReadLock section)
    {
        Observation seen = Observation.Begin(subject, section, Random);
        Delay.Spin(TimeSpan.FromMicroseconds(Random.Next(MaxStayMicroseconds)));
        seen.End();
    }
}

// Sections that end as they begin, with a little time between: the likeliest to fall, whole, between two sums of a scan
// that began just after the flip, while a preempted section keeps it waiting.
internal sealed class PassingReader(string name, Session session, SrcuSubject subject, int processor)
    : Actor(name, session)
{
    private const int SectionsPerStep = 2000;

    private bool _isPinned;

    protected override void Step()
    {
        if (!_isPinned)
        {
            Cores.Take(processor);
            _isPinned = true;
        }

        for (int i = 0; i < SectionsPerStep; i++)
        {
            subject.ReadLockAtOnce().Dispose();
            Thread.SpinWait(i & 15);
        }
    }
}
