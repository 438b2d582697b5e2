using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// Fences [J] and [K]: the new page is whole, then the cursor moves into it [J], then it is linked [K]. A queue's first
// page becomes its head before the cursor moves.
internal sealed class ExtendRule() : Rule("Extend", "PageQueue")
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isLinked = false;
        bool isFirst = false;
        foreach (Access[] path in paths)
        {
            // The queue is what the cursor is loaded from; the page is the value that is stored unchanged.
            int loaded =
                Find(path, access => access is { Kind: AccessKind.Load, Address: { IsArgument: true, Offset: 0 } });
            Value queue = loaded < 0 ? default : path[loaded].Address;
            int linked =
                Find(path, store => store is { Kind: AccessKind.Store, Value: { IsArgument: true, Offset: 0 } });
            int cursor = Find(path, store => store.Kind == AccessKind.Store && store.Address == queue);
            if (linked < 0 || cursor < 0)
            {
                faults.Add("a path does not link the page or move the cursor");
                continue;
            }

            bool isHead = path[linked].Address.Root == queue.Root;
            isFirst |= isHead;
            isLinked |= !isHead;
            int based = Find(
                path,
                store =>
                    store.Kind == AccessKind.Store && store.Address == path[linked].Value.Plus(Landmarks.PageBase));
            Require(based >= 0 && based < Math.Min(linked, cursor), "the page is published before it is whole", faults);
            Require(path[cursor].IsOrdered, $"the cursor is stored without release: {path[cursor].Text}", faults);
            Require(path[linked].IsOrdered, $"the link is stored without release: {path[linked].Text}", faults);
            Require(
                isHead == (linked < cursor),
                isHead ? "the cursor moves before the head is set" : "the page is linked before the cursor moves",
                faults);
        }

        Require(isLinked, "no path links a page", faults);
        Require(isFirst, "no path sets the first page", faults);
    }
}
