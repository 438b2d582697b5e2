using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// A block is whole before it is published.
internal sealed class PublishRule() : Rule("Publish")
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        Require(paths.Length > 0, "no path returns", faults);
        foreach (Access[] path in paths)
        {
            int filled = Find(path, access => IsStore(access, Landmarks.BlockValue));
            int published = Find(path, access => IsStore(access, Landmarks.Pointer));
            Require(filled >= 0 && published > filled, "the block is published before it is filled", faults);
            Require(published < 0 || path[published].IsOrdered, "the block is published without release", faults);
        }
    }

    private static bool IsStore(Access access, int offset) =>
        access is { Kind: AccessKind.Store, Address.IsArgument: true } && access.Address.Offset == offset;
}
