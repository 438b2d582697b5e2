using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Updaters;

// rcutorture's fake writer: it asks for grace periods and queues things that no reader has ever seen, so that the
// updaters that do publish find grace periods in progress and queues half full.
internal sealed unsafe class FakeUpdater(int number, Session session, IReadOnlyList<Subject> subjects)
    : Actor($"fake updater {number}", session)
{
    private const int BurstBlocks = 1200;

    protected override void Step()
    {
        Subject subject = Random.Pick(subjects);
        switch (Random.Next(6))
        {
            case 0:
                Doing("StartPoll");
                subject.Domain.StartPoll();
                break;
            case 1:
                Doing("SynchronizeAsync that nobody awaits");
                subject.Domain.SynchronizeAsync().AsTask().ContinueWith(
                    static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                break;
            case 2:
                Doing("Free, more than a page");
                for (int i = Random.Next(BurstBlocks); i > 0; i--)
                {
                    // SAFETY: a block that nobody has seen.
                    subject.Domain.Free(NativeMemory.Alloc(48));
                    subject.Tally.BlockQueued();
                }

                break;
            case 3:
                Doing("Call");
                subject.Domain.Call(subject, static subject => subject.Tally.CallbackRun());
                subject.Tally.CallbackQueued();
                break;
            default:
                Doing(nameof(Primitive.Synchronize));
                Waits.For(subject, Random.Pick(Primitives.Waits), Random);
                break;
        }

        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Next(3)));
    }
}
