using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Readers;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Updaters;

namespace Quiescent.Torture.Scenarios;

// rcutorture's forward-progress test: a reader that is nearly always in a section, one that is always online, a
// callback that queues itself again, and floods of callbacks and blocks. Grace periods must go on, the self-reposting
// callback must have its turns, and each flood must be reclaimed.
internal static class ForwardProgress
{
    public static void Populate(Session session)
    {
        RcuSubject subject = session.Add(RcuSubject.New("forward", session.Failures));
        Reposter reposter = new(session, subject);
        session.Own(reposter);
        session.Add(new TightReader("tight reader", session, subject));
        session.Add(new SteadyReader("online reader", session, subject));
        session.Add(new Flooder(session, subject, reposter));
        session.Add(new Updater("updater under a flood", session, [subject], Primitives.Waits));
    }
}

// A function callback that queues itself again until the run ends.
internal sealed unsafe class Reposter : IDisposable
{
    private readonly Node* _node = (Node*)NativeMemory.AllocZeroed((nuint)sizeof(Node));
    private readonly GCHandle _self;
    private readonly Session _session;
    private readonly Subject _subject;
    private long _turns;

    public Reposter(Session session, Subject subject)
    {
        _session = session;
        _subject = subject;
        _self = GCHandle.Alloc(this);
        _node->Owner = GCHandle.ToIntPtr(_self);
    }

    public long Turns => Interlocked.Read(ref _turns);

    public void Post()
    {
        // SAFETY: queued once at a time, and freed when the domain is gone.
        _subject.Domain.Call(&_node->Head, &OnTurn);
        _subject.Tally.CallbackQueued();
    }

    public void Dispose()
    {
        _self.Free();
        NativeMemory.Free(_node);
    }

    private static void OnTurn(RcuHead* head)
    {
        Reposter reposter = (Reposter)GCHandle.FromIntPtr(((Node*)head)->Owner).Target!;
        reposter._subject.Tally.CallbackRun();
        Interlocked.Increment(ref reposter._turns);
        if (!reposter._session.Gate.IsStopping)
        {
            reposter.Post();
        }
    }

    private struct Node
    {
        public RcuHead Head;
        public nint Owner;
    }
}

// Queues far more than a pass reclaims, then waits until it is gone.
internal sealed unsafe class Flooder(Session session, Subject subject, Reposter reposter) : Actor("flooder", session)
{
    private const int MaxCallbacks = 10_000;
    private const int MaxBlocks = 30_000;
    private const int MaxWaitingAfterwards = 3; // the reposter, and what the updater has in progress

    private bool _hasStarted;
    private long _run;

    protected override void Step()
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            reposter.Post();
        }

        long turns = reposter.Turns;
        long completed = subject.Domain.GetStatistics().GracePeriodsCompleted;
        Doing("flooding");
        int callbacks = Random.Next(MaxCallbacks);
        long expected = Interlocked.Read(ref _run) + callbacks;
        for (int i = 0; i < callbacks; i++)
        {
            subject.Domain.Call(this, static flooder => flooder.OnCallback());
            subject.Tally.CallbackQueued();
        }

        for (int i = Random.Next(MaxBlocks); i > 0; i--)
        {
            subject.Domain.Free(NativeMemory.Alloc(48));
            subject.Tally.BlockQueued();
        }

        Doing("waiting for a flood to be reclaimed, and grace periods and a self-reposting callback to go on");
        bool isGone = WaitUntil(() => Interlocked.Read(ref _run) == expected && HasFallen() && reposter.Turns > turns);
        if (isGone && callbacks > 0 && subject.Domain.GetStatistics().GracePeriodsCompleted <= completed)
        {
            Session.Failures.Add($"{callbacks} callbacks of the domain '{subject.Name}' ran without a grace period.");
        }
    }

    private bool HasFallen()
    {
        RcuStatistics statistics = subject.Domain.GetStatistics();
        return statistics.BlocksWaiting + statistics.CallbacksWaiting <= MaxWaitingAfterwards;
    }

    private void OnCallback()
    {
        subject.Tally.CallbackRun();
        Interlocked.Increment(ref _run);
    }
}
