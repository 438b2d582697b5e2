using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Ordering;

public sealed class WeakListTests
{
    private static object? s_found;

    [Fact]
    public void It_has_what_was_added_and_neither_removed_nor_collected()
    {
        WeakList<object> list = new();
        Random random = new(1);
        List<(object Item, WeakReference<object> Place)> there = [];
        for (int i = 0; i < 2_000; i++)
        {
            if (there.Count != 0 && random.Next(3) == 0)
            {
                int k = random.Next(there.Count);
                list.Remove(there[k].Place);
                list.Remove(there[k].Place);
                there.RemoveAt(k);
            }
            else
            {
                object item = new();
                there.Add((item, list.Add(item)));
            }

            if (i % 100 == 0)
            {
                Assert.Equal(there.Select(static one => one.Item), list.All());
            }
        }
    }

    // Fault caught: a list that only grows while domains come and go.
    [Fact]
    public void Places_that_are_empty_are_taken_out()
    {
        WeakList<object> list = new();
        object stays = new();
        list.Add(stays);
        object[] go = [.. Enumerable.Range(0, 1_000).Select(static _ => new object())];
        WeakReference<object>[] places = [.. go.Select(list.Add)];
        Array.ForEach(places, list.Remove);
        Assert.InRange(list.Places, 1, 2);
        Assert.Equal([stays], list.All());
        GC.KeepAlive(go);
    }

    [Fact]
    public void Places_of_what_was_collected_are_taken_out_by_later_additions()
    {
        WeakList<object> list = new();
        AddDropped(list, 1_000);
        Garbage.Collect();
        List<object> kept = [];
        for (int i = 0; i < 2_000; i++)
        {
            object item = new();
            kept.Add(item);
            list.Add(item);
        }

        Assert.Equal(kept, list.All());
        Assert.Equal(2_000, list.Places);
    }

    // Fault caught: an item that finalizers alone can reach is missing for good, though one makes it reachable again.
    // An unload, for one, would miss a domain whose callbacks it has to wait for.
    [Fact]
    public void What_a_finalizer_makes_reachable_again_is_still_there()
    {
        WeakList<object> list = new();
        DropFinder(list);
        Until.True(() =>
        {
            Garbage.Collect();
            return Volatile.Read(ref s_found) is not null;
        });
        MustHaveFound(list);
        Volatile.Write(ref s_found, null);
        Until.True(() =>
        {
            Garbage.Collect();
            return IsEmpty(list);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropFinder(WeakList<object> list)
    {
        Finder finder = new();
        list.Add(finder.Item);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MustHaveFound(WeakList<object> list) => Assert.Equal([s_found!], list.All());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsEmpty(WeakList<object> list) => list.All().Count == 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddDropped(WeakList<object> list, int count)
    {
        for (int i = 0; i < count; i++)
        {
            list.Add(new object());
        }
    }

    private sealed class Finder
    {
        ~Finder() => Volatile.Write(ref s_found, Item);

        public object Item { get; } = new();
    }
}
