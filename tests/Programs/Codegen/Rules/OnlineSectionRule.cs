using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// A section of an OnlineReader is its two loads: it loads nothing of its own, stores nothing, and calls nothing except
// what records it under Validate.
internal sealed class OnlineSectionRule() : Rule("OnlineSection")
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isBare = false;
        foreach (Access[] path in paths)
        {
            int pointer = Find(path, access => IsLandmark(access, Landmarks.Pointer));
            int opening = Find(path, access => access.Calls("OpenFreeSection"));
            Require(
                opening < 0 || pointer < 0 || pointer > opening,
                "a protected pointer is loaded before Validate has recorded the section",
                faults);
            if (opening >= 0)
            {
                continue;
            }

            // A path may call what ends a recorded section, since the checks do not know that there is none.
            Access[] own =
            [
                .. path.Where(access => !IsLandmark(access, Landmarks.Pointer)
                    && !IsProtected(access)
                    && !access.Calls("EndFreeSection")),
            ];
            Require(own.Length == 0, $"a section does more than its loads: {own.FirstOrDefault()?.Text}", faults);
            Require(
                pointer >= 0 && path[pointer].IsOrdered, "the protected pointer is not loaded with acquire", faults);
            isBare |= path.Length == 2 && IsProtected(path[1]);
        }

        Require(isBare, "no path is the two loads alone", faults);
    }
}
