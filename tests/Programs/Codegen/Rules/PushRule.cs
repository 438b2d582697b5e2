using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// Fences [H], [I] and [D], for a head: its link and word, the cell [H], the count [I], then the load of the queue's
// flags.
internal sealed class PushRule() : Rule("FreeHead")
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isInline = false;
        bool isAttended = false;
        foreach (Access[] path in paths)
        {
            int counted = FindAdvance(path, 1);
            if (counted < 0)
            {
                Require(
                    Array.Exists(path, access => access.Calls("PushBeyondFast") || access.Calls("ThrowOffset")),
                    "a path neither pushes nor calls what does",
                    faults);
                continue;
            }

            isInline = true;
            int cell = Find(
                path,
                store => store is { Kind: AccessKind.Store, Value: { IsArgument: true, Offset: Landmarks.BlockHead } });
            int link = FindLast(path, store => IsOfHead(store, 0));
            int word = FindLast(path, store => IsOfHead(store, Landmarks.HeadWord));
            bool IsDue(Access access) => IsAttention(access, path[counted].Address);
            int attention = FindLast(path, IsDue);
            int attended = Find(path, access => access.Calls("AfterPush"));
            isAttended |= attended >= 0;
            Require(
                cell >= 0 && link >= 0 && word >= 0 && link < cell && word < cell,
                "the head's link and word are not stored before its cell",
                faults);
            Require(cell >= 0 && cell < counted, "the cell is not stored before the count", faults);
            Require(cell < 0 || path[cell].IsOrdered, "the cell is stored without release", faults);
            Require(path[counted].IsOrdered, $"the count is stored without release: {path[counted].Text}", faults);
            Require(
                attention > counted || attended > counted,
                "AppendFlags is not loaded after the count was stored",
                faults);
            Require(
                Find(path, IsDue) is var first && (first < 0 || first > counted),
                "AppendFlags is loaded before the count is stored",
                faults);
        }

        Require(isInline, "no path pushes inline", faults);
        Require(isAttended, "no path attends to AppendFlags", faults);
    }

    private static bool IsOfHead(Access access, int offset) =>
        access is { Kind: AccessKind.Store, Address.IsArgument: true }
            && access.Address.Offset == Landmarks.BlockHead + offset;
}
