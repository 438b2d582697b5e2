using Quiescent.Torture.Actors;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Resources;

// Objects that record their disposal.
internal sealed class References : ResourceFixture
{
    private readonly RcuReference<Item>[] _places;

    public References(Subject subject, Releasing releasing)
        : base(subject, "disposable object", releasing) =>
        _places = [.. Enumerable.Range(0, Places).Select(_ => new RcuReference<Item>(New(), subject.Domain))];

    public override void Change(Rng random)
    {
        ref RcuReference<Item> place = ref _places[random.Next(Places)];
        RcuReference<Item> reference = Volatile.Read(ref place);
        Item item = New();
        try
        {
            switch (random.Next(ReleasesAtOnce ? 1 : 5))
            {
                case 0:
                    Hand(reference.Exchange(item));
                    break;
                case 1:
                    Keep(item, isTaken: reference.TryReplace(item, reference.LoadProtected()));
                    break;
                case 2 when random.OneIn(4):
                    item.Dispose();
                    reference.Replace(null);
                    break;
                case 3 when random.OneIn(8):
                    Interlocked.Exchange(ref place, new RcuReference<Item>(item, Subject.Domain)).Dispose();
                    break;
                default:
                    reference.Replace(item);
                    break;
            }
        }
        catch (ObjectDisposedException)
        {
            // Another updater has closed the reference: this one still owns the object.
            item.Dispose();
        }
    }

    public override void CloseAll() => Array.ForEach(_places, reference => reference.Dispose());

    protected override Life? LookAt(int place, scoped ref readonly ReadGuard guard, Delay delay, Rng random) =>
        Check(guard.Dereference(Volatile.Read(ref _places[place])), delay, random);

    protected override Life? LookAt(int place, SrcuReadLock section, Delay delay, Rng random) =>
        Check(section.Dereference(Volatile.Read(ref _places[place])), delay, random);

    private Life? Check(Item? item, Delay delay, Rng random)
    {
        LookBack(item?.Life);
        delay.Spend(random);
        LookBack(item?.Life);
        return item?.Life;
    }

    // The updater hands over what it has taken out.
    private void Hand(Item? old)
    {
        if (ReleasesAtOnce)
        {
            old?.Dispose();
        }
        else if (old is not null)
        {
            Subject.Domain.Dispose(old);
        }
    }

    private static void Keep(Item item, bool isTaken)
    {
        if (!isTaken)
        {
            item.Dispose();
        }
    }

    private Item New() => new(new Life(Releases));

    private sealed class Item(Life life) : IDisposable
    {
        public Life Life => life;

        public void Dispose() => life.End();
    }
}
