using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// Fence [G]: a full fence, then the acquire load of Started from which the target is computed.
internal sealed class TargetRule() : Rule("NextTarget", "GracePeriodEngine")
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        Require(paths.Length > 0, "no path returns", faults);
        foreach (Access[] path in paths)
        {
            int fence = Find(path, access => access.Kind == AccessKind.Fence);
            int started = Find(path, IsWord);
            Require(started >= 0, "Started is not loaded", faults);
            Require(fence >= 0 && fence < started, "no full fence precedes the load of Started", faults);
            Require(started < 0 || path[started].IsOrdered, "Started is loaded without acquire", faults);
        }
    }
}
