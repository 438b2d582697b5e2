using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Resources;

// Looks at resources in every way that a thread can be inside a section.
internal sealed class ResourceReader(string name, Session session, RcuSubject subject, ResourceSet set)
    : Actor(name, session)
{
    private const int Looks = 6;

    protected override void Step()
    {
        switch (Random.Next(4))
        {
            case 0:
                ThroughHandle();
                break;
            case 1:
                Online();
                break;
            default:
                ThroughGuard(Random.Next(3));
                break;
        }
    }

    private void ThroughGuard(int depth)
    {
        using ReadGuard guard = subject.ReadLock();
        ResourceFixture fixture = Random.Pick(set.Fixtures);
        Life? life = fixture.Look(in guard, Session.Delay, Random);
        if (depth > 0)
        {
            ThroughGuard(depth - 1);
        }

        fixture.LookBack(life);
    }

    private void ThroughHandle()
    {
        using RcuReader reader = subject.RegisterReader();
        for (int i = Random.Next(Looks); i >= 0; i--)
        {
            using ReadGuard guard = reader.ReadLock();
            ResourceFixture fixture = Random.Pick(set.Fixtures);
            fixture.LookBack(fixture.Look(in guard, Session.Delay, Random));
        }
    }

    // What a free section has dereferenced stays valid until the next quiescent state.
    private void Online()
    {
        using RcuReader reader = subject.RegisterReader();
        reader.GoOnline();
        for (int i = Random.Next(Looks); i >= 0; i--)
        {
            ResourceFixture fixture = Random.Pick(set.Fixtures);
            Life? life;
            using (ReadGuard guard = reader.ReadLock())
            {
                life = fixture.Look(in guard, Session.Delay, Random);
            }

            fixture.LookBack(life);
            reader.QuiescentState();
        }

        reader.GoOffline();
    }
}

// The same in sections that await, some of them on threads.
internal sealed class SleepableResourceReaders(string name, Session session, SrcuSubject subject, ResourceSet set)
    : Actor(name, session)
{
    private const int MaxTasks = 16;

    protected override void Step()
    {
        if (Random.OneIn(2))
        {
            SrcuReadLock section = subject.ReadLock();
            ResourceFixture fixture = Random.Pick(set.Fixtures);
            fixture.LookBack(fixture.Look(section, Session.Delay, Random));
            subject.Release(section, Random);
            return;
        }

        Doing("awaiting asynchronous readers of resources");
        Task[] tasks = new Task[Random.Between(1, MaxTasks)];
        for (int i = 0; i < tasks.Length; i++)
        {
            Rng random = new(Random.Next());
            tasks[i] = Task.Run(() => AcrossAwaits(random));
        }

        Task.WhenAll(tasks).GetAwaiter().GetResult();
    }

    private async Task AcrossAwaits(Rng random)
    {
        await using SrcuReadLock section = subject.ReadLock();
        ResourceFixture fixture = random.Pick(set.Fixtures);
        Life? life = fixture.Look(section, Session.Delay, random);
        await Hop(random);
        if (set.Files is { } files)
        {
            await files.LookAcross(section, () => Hop(random), random);
        }

        // Dereferences again, on whatever thread this is by now.
        ResourceFixture other = random.Pick(set.Fixtures);
        other.LookBack(other.Look(section, Session.Delay, random));
        fixture.LookBack(life);
    }

    private static async Task Hop(Rng random)
    {
        if (random.OneIn(4))
        {
            await Task.Delay(random.Next(3));
        }
        else
        {
            await Task.Yield();
        }
    }
}
