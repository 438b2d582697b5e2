using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Resources;

// Puts new resources in the places of old ones.
internal sealed class ResourceUpdater(string name, Session session, IReadOnlyList<ResourceSet> shows) : Actor(name, session)
{
    private const int ChangesPerStep = 16;

    protected override void Step()
    {
        ResourceSet show = Random.Pick(shows);
        for (int i = 0; i < ChangesPerStep; i++)
        {
            Random.Pick(show.Fixtures).Change(Random);
        }
    }
}

// Sees to it that what was dropped is found, under the readers.
internal sealed class ResourceCollector(Session session, IReadOnlyList<ResourceSet> shows) : Actor("collector of resources", session)
{
    public override IEnumerable<(string Name, long Count)> Figures =>
        shows.SelectMany(show => show.Fixtures).SelectMany(exhibit => exhibit.Figures);

    protected override void Step()
    {
        GC.Collect(Random.Next(GC.MaxGeneration + 1), GCCollectionMode.Forced, blocking: true);
        Doing("waiting for finalizers, which must not wait for readers");
        GC.WaitForPendingFinalizers();
        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Between(5, 50)));
    }
}
