using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Resources;

// All kinds of resources in one domain.
internal sealed class ResourceSet : IDisposable
{
    private const int MaxCollections = 500;

    private readonly List<IDisposable> _owned = [];

    public ResourceSet(Subject subject, Releasing releasing)
    {
        Subject = subject;
        Memories memories = new(subject, releasing);
        _owned.Add(memories);
        Fixtures =
        [
            new Handles(subject, releasing), new References(subject, releasing), memories,
            new Arrays(subject, releasing),
        ];
        if (releasing == Releasing.QueueRelease)
        {
            Files = new MappedFiles(subject);
            _owned.Add(Files);
            Fixtures = [.. Fixtures, Files];
        }
    }

    public Subject Subject { get; }

    public IReadOnlyList<ResourceFixture> Fixtures { get; }

    public MappedFiles? Files { get; }

    /// <summary>Called when no reader and no updater is left: everything is released now, including what was dropped,
    /// or never.</summary>
    public void Settle()
    {
        foreach (ResourceFixture fixture in Fixtures)
        {
            fixture.CloseAll();
        }

        string? fault = null;
        for (int i = 0; i < MaxCollections; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Subject.Domain.Barrier();
            fault = Fixtures.Select(fixture => fixture.Fault()).FirstOrDefault(one => one is not null);
            if (fault is null)
            {
                break;
            }
        }

        Subject.Tally.TakeOver(Subject.Domain.GetStatistics().CallbacksQueued - Subject.Start.CallbacksQueued);
        if (fault is null)
        {
            return;
        }

        Subject.Failures.Add($"{fault} (domain '{Subject.Name}')");
    }

    /// <summary>Called when the domain is gone.</summary>
    public void Dispose() => _owned.ForEach(one => one.Dispose());
}
