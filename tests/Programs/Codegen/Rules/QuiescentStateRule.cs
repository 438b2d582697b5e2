using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// A quiescent state ends one section and opens the next: loads before it stay before, loads after it stay after.
internal sealed class QuiescentStateRule(string method) : Rule(method)
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isInline = false;
        foreach (Access[] path in paths)
        {
            int announcement = FindAnnouncement(path, out int started);
            int state = announcement >= 0
                ? announcement
                : Find(
                    path,
                    access => access.Calls("QuiescentStateBeyondFast") || access.Calls("QuiescentStateOfOnline"));
            Access[] before = [.. path.Take(Math.Max(state, 0))];
            Access[] after = [.. path.Skip(state)];
            Require(state >= 0, "a path neither announces nor calls what does", faults);
            Require(
                before.Count(IsProtected) == 1 && !Array.Exists(after, access => IsLandmark(access, Landmarks.Pointer)),
                "a load of the section before does not precede the quiescent state",
                faults);
            Require(
                after.Count(IsProtected) == 1
                    && !Array.Exists(before, access => IsLandmark(access, Landmarks.SecondPointer)),
                "a load of the section after does not follow the quiescent state",
                faults);
            if (announcement >= 0)
            {
                isInline = true;
                Require(path[started].IsOrdered, $"Started is loaded without acquire: {path[started].Text}", faults);
                Require(
                    path[announcement].IsOrdered,
                    $"the announcement is stored without release: {path[announcement].Text}",
                    faults);
            }
        }

        Require(isInline, "no path announces inline", faults);
    }
}
