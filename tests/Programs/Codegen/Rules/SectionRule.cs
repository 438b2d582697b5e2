using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// O1 (announced before read), O2 (read before ended), fence [A]: acquire load of Started, release store into the slot,
// the section's loads, release store of the exit. A path that does not announce inline enters by a call before its
// loads; a section of a registered reader may be free, because the reader is online.
internal sealed class SectionRule(string method, Func<Platform, bool> hasFullBranch, bool mayBeFree) : Rule(method)
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isInline = false;
        bool isFenced = false;
        foreach (Access[] path in paths)
        {
            int pointer = Find(path, access => IsLandmark(access, Landmarks.Pointer));
            int announcement = FindAnnouncement(path, out int started);
            if (announcement < 0)
            {
                int call = Find(path, access => access.Calls("EnterBeyondFast") || access.Calls("ReadLockBeyondFast"));
                Require(mayBeFree || call >= 0, "a path neither announces nor calls what does", faults);
                Require(
                    pointer < 0 || pointer > call,
                    "a protected pointer is loaded before the section is entered",
                    faults);
                continue;
            }

            Require(path[started].IsOrdered, $"Started is loaded without acquire: {path[started].Text}", faults);
            Require(
                path[announcement].IsOrdered,
                $"the announcement is stored without release: {path[announcement].Text}",
                faults);
            Require(
                !AnyBetween(path, started, announcement, access => access.Kind != AccessKind.Load),
                "something lies between the load of Started and the announcement",
                faults);
            if (pointer < 0)
            {
                faults.Add("a path announces and loads no protected pointer");
                continue;
            }

            Require(
                pointer > announcement,
                $"a protected pointer is loaded before the announcement: {path[pointer].Text}",
                faults);
            Require(
                path[pointer].IsOrdered,
                $"the protected pointer is loaded without acquire: {path[pointer].Text}",
                faults);
            isFenced |= AnyBetween(path, announcement, pointer, access => access.Kind == AccessKind.Fence);
            isInline |= IsEnded(path, path[announcement], announcement, faults);
        }

        Require(isInline, "no path announces, loads and exits inline", faults);
        Require(
            isFenced || !hasFullBranch(platform),
            "no path fences between the announcement and the first load, as ReadSideBarrier.Full must",
            faults);
    }

    private static bool IsEnded(Access[] path, Access announcement, int announced, ISet<string> faults)
    {
        int last = FindLast(path, access => IsProtected(access) || IsLandmark(access, Landmarks.Pointer));
        Require(Array.Exists(path, IsProtected), "a path announces and loads nothing from the block", faults);
        int exit = Find(path, access => access.Stores(announcement.Address, announcement.Value.Plus(-1)));
        int call = Find(path, access => access.Calls("ExitBeyondFast"));
        if (exit < 0)
        {
            Require(call > last, "a path announces and does not exit after its loads", faults);
            return false;
        }

        Require(path[exit].IsOrdered, $"the exit is stored without release: {path[exit].Text}", faults);
        Require(exit > last, $"a protected load follows the exit: {path[last].Text}", faults);
        Require(
            !AnyBetween(path, announced, exit, access => access.Kind is AccessKind.Store or AccessKind.Call),
            "something lies between the announcement and the exit",
            faults);
        return true;
    }
}
