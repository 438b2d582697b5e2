using System.Diagnostics.CodeAnalysis;
using System.Text;
using Quiescent.Ordering;

namespace Quiescent.Validate;

// Under Validate: in what order threads wait. A thread that waits for one domain inside a section of another needs the
// readers of the first to go on, while grace periods of the second stand still. Threads that do so in a ring may wait
// for each other for ever. The wait that closes a ring is refused, though nothing may have hung yet: what was seen once
// in each order may come at once (the kernel's lockdep, for locks).
//
// An order belongs to two domains and is kept until one of them is disposed of, or gone; at most 10,000 are. The table
// of them is never changed but replaced, under no lock: that takes memory (O8). To forget an order takes none: it is
// marked, and left out of the next table.
internal static class WaitOrder
{
    private const int MaxKept = 10_000;

    private static Dictionary<(long Inside, long Waited), Wait>? s_waits;

    private static Dictionary<(long Inside, long Waited), Wait> Waits =>
        Order.Acquire(in s_waits) ?? Once.Keep(ref s_waits, []);

    /// <summary>A thread inside a section of the one domain is about to wait for the other.</summary>
    /// <exception cref="InvalidOperationException">That may wait for ever.</exception>
    public static void Check(Wait wait)
    {
        Dictionary<(long Inside, long Waited), Wait> kept = Waits;
        while (!kept.TryGetValue((wait.Inside, wait.Waited), out Wait? same) || same.IsForgotten)
        {
            if (PathFrom(kept, wait.Waited, to: wait.Inside) is { } ring)
            {
                ThrowRing(wait, ring);
            }

            Dictionary<(long Inside, long Waited), Wait> made = WithoutForgotten(kept);
            made[(wait.Inside, wait.Waited)] = wait;
            if (made.Count > MaxKept || TryReplace(ref kept, made))
            {
                return;
            }
        }
    }

    /// <summary>The domain is disposed of, or gone. Allocates nothing: the finalizer's thread calls this.</summary>
    public static void Forget(long domain)
    {
        if (Order.Acquire(in s_waits) is not { } kept)
        {
            return;
        }

        foreach (KeyValuePair<(long Inside, long Waited), Wait> order in kept)
        {
            if (order.Key.Inside == domain || order.Key.Waited == domain)
            {
                order.Value.Forget();
            }
        }
    }

    private static Dictionary<(long Inside, long Waited), Wait> WithoutForgotten(
        Dictionary<(long Inside, long Waited), Wait> kept)
    {
        Dictionary<(long Inside, long Waited), Wait> left = new(kept.Count + 1);
        foreach (KeyValuePair<(long Inside, long Waited), Wait> order in kept)
        {
            if (!order.Value.IsForgotten)
            {
                left.Add(order.Key, order.Value);
            }
        }

        return left;
    }

    // False: another thread was quicker, and what it keeps is returned.
    private static bool TryReplace(
        ref Dictionary<(long Inside, long Waited), Wait> kept, Dictionary<(long Inside, long Waited), Wait> made)
    {
        Dictionary<(long Inside, long Waited), Wait> seen = kept;
        kept = Order.CompareExchange(ref s_waits, made, seen)!;
        return kept == seen;
    }

    // The waits that lead from one domain to the other, the last first; null if none do.
    private static List<Wait>? PathFrom(
        Dictionary<(long Inside, long Waited), Wait> kept, long domain, long to)
    {
        Dictionary<long, Wait> cameBy = [];
        Queue<long> toVisit = new([domain]);
        while (toVisit.TryDequeue(out long inside))
        {
            foreach (Wait wait in kept.Values)
            {
                if (wait.Inside == inside && !wait.IsForgotten && cameBy.TryAdd(wait.Waited, wait))
                {
                    toVisit.Enqueue(wait.Waited);
                }
            }
        }

        List<Wait> path = [];
        while (cameBy.TryGetValue(to, out Wait? last))
        {
            path.Add(last);
            to = last.Inside;
            if (to == domain)
            {
                return path;
            }
        }

        return null;
    }

    [DoesNotReturn]
    private static void ThrowRing(Wait wait, List<Wait> ring)
    {
        // Each domain of the ring is waited for somewhere in it, and there has its name.
        StringBuilder text = new();
        text.Append(wait.Describe(inside: ring[0].Name)).Append("\nElsewhere it was the other way round: ");
        for (int i = ring.Count - 1; i >= 0; i--)
        {
            text.Append(ring[i].Describe(inside: i == ring.Count - 1 ? wait.Name : ring[i + 1].Name)).Append('\n');
        }

        text.Append("At the same time these threads would wait for each other for ever.");
        throw new InvalidOperationException(text.ToString());
    }

    /// <summary>One wait inside a section.</summary>
    /// <param name="Inside">The number of the section's domain.</param>
    /// <param name="EnteredAt">Where the section began.</param>
    /// <param name="Waited">The number of the domain that is waited for.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Operation">The method that waits.</param>
    /// <param name="WaitedAt">Where it was called.</param>
    internal sealed record Wait(
        long Inside, string EnteredAt, long Waited, string Name, string Operation, string WaitedAt)
    {
        private int _isForgotten;

        /// <summary>Whether one of its domains is gone.</summary>
        public bool IsForgotten => Order.Acquire(in _isForgotten) != 0;

        public void Forget() => Order.Release(ref _isForgotten, 1);

        public string Describe(string inside) =>
            $"{Operation} of domain '{Name}' was called inside a section of domain '{inside}'\n"
            + $"  section: {EnteredAt}\n  call: {WaitedAt}";
    }
}
