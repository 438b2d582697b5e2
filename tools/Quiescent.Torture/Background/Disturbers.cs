using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Background;

// Forced garbage collections: they stop all threads wherever they are, inside sections too.
internal sealed class Collector(Session session) : Actor("garbage collector", session)
{
    protected override void Step()
    {
        GC.Collect(Random.Next(GC.MaxGeneration + 1), GCCollectionMode.Forced, blocking: true);
        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Between(50, 400)));
    }
}

// Moves all actors to other processors now and then.
internal sealed class Shuffler(Session session) : Actor("affinity shuffler", session)
{
    protected override void Step()
    {
        if (Session.Affinity.IsSupported)
        {
            Session.Affinity.Shuffle();
        }

        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Between(500, 1500)));
    }
}

// Stutter: all actors pause and resume together, so that the domains go idle and wake up again and again.
internal sealed class Stutterer(Session session) : Actor("stutterer", session)
{
    protected override void Step()
    {
        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Between(1000, 3000)));
        Session.Gate.Pause();
        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Between(20, 200)));
        Session.Gate.Resume();
    }
}
