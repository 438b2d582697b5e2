using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// Fence [D], for a block: store of the entry, release store of the cursor, then the load of the queue's flags.
internal sealed class AppendRule() : Rule("FreeBlock")
{
    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isInline = false;
        bool isAttended = false;
        foreach (Access[] path in paths)
        {
            // The cursor: a word stored back eight bytes further on.
            int moved = FindAdvance(path, 8);
            if (moved < 0)
            {
                Require(
                    Array.Exists(path, access => access.Calls("FreeBeyondFast")),
                    "a path neither appends nor calls what does",
                    faults);
                continue;
            }

            isInline = true;
            Value place = path[moved].Value.Plus(-8);
            int entry = Find(
                path, store => store is { Kind: AccessKind.Store, Value.IsArgument: true } && store.Address == place);
            int attention = Find(path, access => IsAttention(access, path[moved].Address));
            int attended = Find(path, access => access.Calls("HandleAppendFlags"));
            isAttended |= attended >= 0;
            Require(entry >= 0 && entry < moved, "the entry is not stored before the cursor", faults);
            Require(path[moved].IsOrdered, $"the cursor is stored without release: {path[moved].Text}", faults);
            Require(attention > moved, "AppendFlags is not loaded after the cursor was stored", faults);
            Require(attended < 0 || attended > attention, "AppendFlags is attended to before it is loaded", faults);
        }

        Require(isInline, "no path appends inline", faults);
        Require(isAttended, "no path attends to AppendFlags", faults);
    }
}
