using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Resources;

// Puts new resources in the places of old ones.
internal sealed class ResourceUpdater(string name, Session session, IReadOnlyList<ResourceSet> sets)
    : Actor(name, session)
{
    private const int ChangesPerStep = 16;

    protected override void Step()
    {
        ResourceSet set = Random.Pick(sets);
        for (int i = 0; i < ChangesPerStep; i++)
        {
            Random.Pick(set.Fixtures).Change(Random);
        }
    }
}

// Makes the garbage collector find what was dropped, under the readers.
internal sealed class ResourceCollector(Session session, IReadOnlyList<ResourceSet> sets)
    : Actor("collector of resources", session)
{
    public override IEnumerable<(string Name, long Count)> Figures =>
        sets.SelectMany(set => set.Fixtures).SelectMany(fixture => fixture.Figures);

    protected override void Step()
    {
        GC.Collect(Random.Next(GC.MaxGeneration + 1), GCCollectionMode.Forced, blocking: true);
        Doing("waiting for finalizers, which must not wait for readers");
        GC.WaitForPendingFinalizers();
        Session.Gate.Rest(TimeSpan.FromMilliseconds(Random.Between(5, 50)));
    }
}
