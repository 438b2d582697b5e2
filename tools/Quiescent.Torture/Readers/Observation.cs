using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// The loads of one section, which must stay unchanged until the end of the outermost section.
internal unsafe struct Observation
{
    private readonly Subject _subject;
    private readonly int _guarded;
    private readonly long _before;
    private readonly AgeBlock* _aged;
    private readonly long _generation;
    private readonly Sighting _sighting;
    private readonly bool _hasSighting;
    private GracePeriodState _cookie;
    private bool _hasCookie;

    private Observation(Subject subject, int guarded, long before, AgeBlock* aged, CheckedBlock* block)
    {
        _subject = subject;
        _guarded = guarded;
        _before = before;
        _aged = aged;
        _generation = Volatile.Read(ref aged->Generation);
        if (block != null)
        {
            _sighting = new Sighting(block);
            _hasSighting = true;
        }
    }

    /// <summary>Loads as readers do, at the start of a section.</summary>
    public static Observation Begin(Subject subject, scoped ref readonly ReadGuard guard, Rng random) =>
        Begin(subject, new GuardedSection(guard), random);

    /// <summary>The same, in a section of an online reader.</summary>
    public static Observation Begin(Subject subject, scoped ref readonly OnlineReadGuard guard, Rng random) =>
        Begin(subject, new OnlineSection(guard), random);

    /// <summary>The same, in a section that may await.</summary>
    public static Observation Begin(Subject subject, SrcuReadLock section, Rng random) =>
        Begin(subject, new SleepableSection(section), random);

    /// <summary>Takes a cookie: while this section is open, its grace period cannot pass.</summary>
    public void TakeCookie()
    {
        _cookie = _subject.Domain.GetState();
        _hasCookie = true;
    }

    /// <summary>Checks again what was loaded; at any time in the section.</summary>
    public readonly void Recheck()
    {
        Report(_hasSighting ? _sighting.Fault() : null);
        Report(_subject.GuardedBlocks[_guarded].Fault(_before));
    }

    /// <summary>The last check, just before the outermost section ends.</summary>
    public readonly void End()
    {
        Recheck();
        int age = Volatile.Read(ref _aged->Age);
        if (!_subject.Ages.Record(age))
        {
            Report(
                $"A block of age {age} was held by a section: "
                + $"{age - 1} grace periods have passed since it was unlinked.");
        }

        long generation = Volatile.Read(ref _aged->Generation);
        if (generation != _generation || Volatile.Read(ref _aged->IsPublished) == 0)
        {
            Report(
                "A block of the age pipe was used again under a section: "
                + $"generation {_generation} is now {generation}.");
        }

        if (_hasCookie && _subject.Domain.Poll(_cookie))
        {
            Report($"A grace period has passed under a section in which its cookie was taken: {_cookie}.");
        }
    }

    private static Observation Begin<TSection>(Subject subject, scoped TSection section, Rng random)
        where TSection : struct, ISection, allows ref struct
    {
        // SAFETY: what the section protects is used until End, which comes before the section's end; the protection is
        // what the test is about. The cheapest load comes first: the closer to the section's entry, the more it shows.
        int guarded = random.Next(subject.GuardedBlocksInUse);
        long before = subject.GuardedBlocks[guarded].ReadBefore();
        AgeBlock* aged = section.Dereference(in subject.Pipe.Place(random));
        CheckedBlock* block = section.Dereference(in random.Pick(subject.Shelves).Place(random));
        Observation seen = new(subject, guarded, before, aged, block);
        if (random.OneIn(4))
        {
            ReadMail(subject, section);
        }

        return seen;
    }

    private static void ReadMail<TSection>(Subject subject, scoped TSection section)
        where TSection : struct, ISection, allows ref struct
    {
        long heardOf = subject.Mailbox.ReadBySomebody;
        Letter* letter = section.Dereference(in subject.Mailbox.Newest);
        if (letter != null && subject.Mailbox.Fault(letter, heardOf) is { } fault)
        {
            subject.Failures.Add($"{fault} (domain '{subject.Name}')");
        }
    }

    private readonly void Report(string? fault)
    {
        if (fault is not null)
        {
            _subject.Failures.Add($"{fault} (domain '{_subject.Name}', thread '{Thread.CurrentThread.Name}')");
        }
    }
}
