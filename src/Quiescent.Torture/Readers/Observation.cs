using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Readers;

// What one section has loaded, and must find unchanged until the end of the outermost section.
internal unsafe struct Observation
{
    private readonly Subject _subject;
    private readonly int _sandwich;
    private readonly long _before;
    private readonly AgeBlock* _aged;
    private readonly long _generation;
    private readonly Sighting _sighting;
    private readonly bool _hasSighting;
    private GracePeriodState _cookie;
    private bool _hasCookie;

    /// <summary>Loads as readers do, at the start of a section.</summary>
    public Observation(Subject subject, scoped ref readonly ReadGuard guard, Rng random)
    {
        // SAFETY: what the guard protects is used until End, which comes before the guard's end; that it is protected is tested.
        // First what is cheapest: the closer to the section's entry, the more it shows.
        _subject = subject;
        _sandwich = random.Next(subject.SandwichesInUse);
        _before = subject.Sandwiches[_sandwich].ReadBefore();
        _aged = guard.DereferencePointer(in subject.Pipe.Place(random));
        _generation = Volatile.Read(ref _aged->Generation);

        CheckedBlock* block = guard.DereferencePointer(in random.Pick(subject.Shelves).Place(random));
        if (block != null)
        {
            _sighting = new Sighting(block);
            _hasSighting = true;
        }

        if (random.OneIn(4))
        {
            ReadMail(subject, in guard);
        }
    }

    /// <summary>Takes a cookie: while this section is open, its grace period cannot pass.</summary>
    public void TakeCookie()
    {
        _cookie = _subject.Domain.GetState();
        _hasCookie = true;
    }

    /// <summary>Looks again at what was loaded; at any time in the section.</summary>
    public readonly void Recheck()
    {
        Report(_hasSighting ? _sighting.Fault() : null);
        Report(_subject.Sandwiches[_sandwich].Fault(_before));
    }

    /// <summary>The last look, just before the outermost section ends.</summary>
    public readonly void End()
    {
        Recheck();
        int age = Volatile.Read(ref _aged->Age);
        if (!_subject.Ages.Record(age))
        {
            Report($"A block of age {age} was held by a section: {age - 1} grace periods have passed since it was unlinked.");
        }

        long generation = Volatile.Read(ref _aged->Generation);
        if (generation != _generation || Volatile.Read(ref _aged->IsPublished) == 0)
        {
            Report($"A block of the age pipe was used again under a section: generation {_generation} is now {generation}.");
        }

        if (_hasCookie && _subject.Domain.Poll(_cookie))
        {
            Report($"A grace period has passed under a section in which its cookie was taken: {_cookie}.");
        }
    }

    private static void ReadMail(Subject subject, scoped ref readonly ReadGuard guard)
    {
        long heardOf = subject.Mailbox.ReadBySomebody;
        Letter* letter = guard.DereferencePointer(in subject.Mailbox.Newest);
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
