using System.Runtime.CompilerServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Modules;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// A module that is loaded, queues everything that a module can queue, from several threads, in domains of every kind,
// and is unloaded.
internal static class ModuleUnloads
{
    /// <summary>False in native code, which cannot load a module.</summary>
    public static bool IsSupported => RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>Adds nothing where it is not supported.</summary>
    public static void Populate(Session session)
    {
        if (!IsSupported)
        {
            return;
        }

        RcuSubject own = session.Add(RcuSubject.New("modules", session.Failures));
        SrcuSubject sleepable = session.Add(SrcuSubject.New("modules, srcu", session.Failures));
        Subject[] subjects = [session.SharedDomains[0], own, sleepable];
        session.Add(new ModuleLoader(session, subjects));
        session.Add(new Reader("reader beside modules", session, [own, session.SharedDomains[0]]));
        session.Add(new SleepableReader("sleepable reader beside modules", session, [sleepable], [own]));
        session.Add(new Updater("updater beside modules", session, subjects, Primitives.All));
    }
}

internal sealed class ModuleLoader(Session session, IReadOnlyList<Subject> subjects) : Actor("module loader", session)
{
    private const int MaxThreads = 4;
    private const int MaxItemsPerThread = 1200; // More than two pages.

    private static readonly Form[][] s_mixes =
    [
        Enum.GetValues<Form>(),
        [Form.Head, Form.Block],
        [Form.Function],
        [Form.Function, Form.Head],
        [Form.Action, Form.State, Form.Resource, Form.Array],
        [Form.UserHead, Form.User],
    ];

    private long _items;
    private int _mostCollections;

    public override IEnumerable<(string Name, long Count)> Figures =>
        [
            ("modules unloaded", Steps),
            ("items of modules", _items),
            ("collections at most until a module is gone", _mostCollections),
        ];

    protected override void Step()
    {
        int threads = Random.Between(1, MaxThreads);
        int itemsPerThread = Random.Next(Random.OneIn(4) ? MaxItemsPerThread : 40);
        using ModuleLife life = new(threads * itemsPerThread, Session.Failures);
        Doing("joining threads that run a module's code");
        QueueFrom(threads, itemsPerThread, life);
        Doing("unloading a module");
        life.Unload();
        Doing("waiting for a module's code to be collected");
        life.AwaitCollection();
        _mostCollections = Math.Max(_mostCollections, life.Collections);
        _items += threads * itemsPerThread;
    }

    // In a method of its own, so that no reference stays on the stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void QueueFrom(int threads, int items, ModuleLife life)
    {
        Form[] mix = Random.Pick(s_mixes);
        Thread[] started = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            Rng random = new(Random.Next());
            started[i] = BriefThread.Start(Session, $"module thread {i}", () =>
            {
                for (int item = 0; item < items; item++)
                {
                    life.Queue(random.Pick(subjects), random.Pick(mix));
                }
            });
        }

        Array.ForEach(started, thread => thread.Join());
    }
}
