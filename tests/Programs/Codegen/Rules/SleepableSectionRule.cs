using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// O1 (announced before read), O2 (read before ended), fence [P]: acquire load of Started, release stores of the
// ticket's sequence and number, the section's loads, the call that ends it. A path that does not announce inline enters
// by a call before its loads.
internal sealed class SleepableSectionRule() : Rule("SleepableSection")
{
    private const int SequenceOffset = 8; // Ticket.Sequence; the number stands before it.

    protected override void Check(Platform platform, Access[][] paths, ISet<string> faults)
    {
        bool isInline = false;
        bool isFenced = false;
        foreach (Access[] path in paths)
        {
            int pointer = Find(path, access => IsLandmark(access, Landmarks.Pointer));
            int sequence = Find(path, IsSequence);
            if (sequence < 0)
            {
                int call = Find(path, access => access.Calls("ReadLockBeyondFast"));
                Require(call >= 0, "a path neither announces nor calls what does", faults);
                Require(pointer < 0 || pointer > call, "a pointer is loaded before the section is entered", faults);
                continue;
            }

            int number = Find(
                path,
                access => access.Kind == AccessKind.Store
                    && access.Address == path[sequence].Address.Plus(-SequenceOffset));
            if (number < 0 || pointer < 0)
            {
                faults.Add("a path announces half, or loads no protected pointer");
                continue;
            }

            int started = Find(path, load => load.Kind == AccessKind.Load && load.Value == path[sequence].Value);
            Require(path[started].IsOrdered, $"Started is loaded without acquire: {path[started].Text}", faults);
            Require(path[sequence].IsOrdered, $"the sequence is stored without release: {path[sequence].Text}", faults);
            Require(path[number].IsOrdered, $"the number is stored without release: {path[number].Text}", faults);
            Require(sequence < number, "the number is stored before the sequence", faults);
            Require(pointer > number, $"a pointer is loaded before the announcement: {path[pointer].Text}", faults);
            Require(path[pointer].IsOrdered, $"the pointer is loaded without acquire: {path[pointer].Text}", faults);
            isFenced |= AnyBetween(path, number, pointer, access => access.Kind == AccessKind.Fence);
            int last = FindLast(path, access => IsProtected(access) || IsLandmark(access, Landmarks.Pointer));
            int end = Find(path, access => access.Calls("Release"));
            Require(end > last, "a path announces and does not end the section after its loads", faults);
            isInline = true;
        }

        Require(isInline, "no path announces inline", faults);
        Require(isFenced, "no path fences after the announcement, as ReadSideBarrier.Full must", faults);
    }

    private static bool IsSequence(Access access) =>
        access is
        {
            Kind: AccessKind.Store, Bytes: 8, Address.Offset: SequenceOffset, Value: { IsLoaded: true, Offset: 0 }
        };
}
