using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// L7 (a writer is alone), fence [N]: the section's announcement, [A] or [P], then an acquire load of the lock's word,
// then what is read under the lock. A path that does not announce inline enters by a call before that.
internal sealed class LockReadRule(string method, bool isSleepable) : Rule(method)
{
    private const int SequenceOffset = 8; // Ticket.Sequence; the number stands before it.

    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isInline = false;
        bool isFenced = false;
        bool isRefused = false;
        foreach (Access[] path in paths)
        {
            int announcement = isSleepable ? FindNumber(path) : FindAnnouncement(path, out _);
            int call = Find(path, access => access.Calls("EnterBeyondFast") || access.Calls("ReadLockBeyondFast"));
            Require(announcement >= 0 || call >= 0, "a path neither announces nor calls what does", faults);
            int word = FindLast(path, access => IsLockWord(access, path));
            Require(
                word > announcement && word > call,
                "the lock's word is not loaded after the announcement",
                faults);
            if (word < 0)
            {
                continue;
            }

            Require(path[word].IsOrdered, $"the lock's word is loaded without acquire: {path[word].Text}", faults);
            int pointer = Find(path, access => IsLandmark(access, Landmarks.Pointer));
            Require(pointer < 0 || pointer > word, "something is read before the lock's word is loaded", faults);
            int beyond = Find(path, access => access.Calls("ReadBeyondFast"));
            isRefused |= beyond > word;
            isInline |= announcement >= 0 && beyond < 0;
            isFenced |= announcement >= 0
                && AnyBetween(path, announcement, word, access => access.Kind == AccessKind.Fence);
        }

        Require(isInline, "no path announces, loads the word and reads inline", faults);
        Require(isRefused, "no path calls what waits for a writer", faults);
        Require(isFenced, "no path fences after the announcement, as ReadSideBarrier.Full must", faults);
    }

    // Reached through a field of the lock, which is an argument.
    private static bool IsLockWord(Access access, Access[] path) =>
        access is { Kind: AccessKind.Load, Bytes: 8 }
            && Array.Exists(
                path,
                queue => queue is { Kind: AccessKind.Load, Address.IsArgument: true }
                    && access.Address == queue.Value.Plus(Landmarks.LockWord));

    private static int FindNumber(Access[] path)
    {
        int sequence = Find(
            path,
            access => access is
            {
                Kind: AccessKind.Store, Bytes: 8, Address.Offset: SequenceOffset, Value: { IsLoaded: true, Offset: 0 }
            });
        return sequence < 0
            ? -1
            : Find(
                path,
                access => access.Kind == AccessKind.Store
                    && access.Address == path[sequence].Address.Plus(-SequenceOffset));
    }
}
