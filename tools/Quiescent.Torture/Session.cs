using Quiescent.Torture.Actors;
using Quiescent.Torture.Background;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture;

// The cast and stage of one run: scenarios add actors and subjects to it.
internal sealed class Session : IDisposable
{
    private readonly List<Actor> _actors = [];
    private readonly List<Subject> _subjects = [];
    private readonly List<IDisposable> _owned = [];
    private readonly Rng _seeds;
    private RcuSubject[]? _sharedDomains;

    public Session(TortureOptions options)
    {
        Options = options;
        _seeds = new Rng(options.Seed);
        Failures = new FailureLog(Gate.Stop);
        Watchdog = new Watchdog(options.HangLimit, Failures);
    }

    public TortureOptions Options { get; }

    public Gate Gate { get; } = new();

    public FailureLog Failures { get; }

    public Watchdog Watchdog { get; }

    public Delay Delay { get; } = new();

    public ColdLines ColdLines { get; } = new();

    public AffinityPlan Affinity { get; } = new();

    public PrimitiveCounts Primitives { get; } = new();

    /// <summary>The ages seen in domains that are gone.</summary>
    public AgeHistogram PastAges { get; } = new();

    public IReadOnlyList<Actor> Actors => _actors;

    /// <summary>The domains that live as long as the run.</summary>
    public IReadOnlyList<Subject> Subjects => _subjects;

    /// <summary>The domains that scenarios share: the default one, and one of each kind.</summary>
    public IReadOnlyList<RcuSubject> SharedDomains => _sharedDomains ??=
    [
        Add(RcuSubject.OfDefaultDomain(Failures)),
        Add(RcuSubject.New("asymmetric", Failures)),
        Add(RcuSubject.New("full", Failures, ReadSideBarrier.Full)),
        Add(RcuSubject.New("validating", Failures, validate: true)),
    ];

    /// <summary>A stream of random choices for one actor.</summary>
    public Rng NewRng() => new(_seeds.Next());

    public TSubject Add<TSubject>(TSubject subject)
        where TSubject : Subject
    {
        _subjects.Add(subject);
        return subject;
    }

    /// <summary>Has the session dispose of it.</summary>
    public void Own(IDisposable resource) => _owned.Add(resource);

    public void Add(Actor actor) => _actors.Add(actor);

    /// <summary>Called when all actors have ended; disposes of the domains.</summary>
    public void Dispose()
    {
        ColdLines.Dispose();
        _owned.ForEach(resource => resource.Dispose());
        Gate.Dispose();
    }
}
