using Quiescent.Codegen.Listings;
using Quiescent.Codegen.Paths;

namespace Quiescent.Codegen.Rules;

// What must hold on every path through one method, and that the method has such paths at all.
internal abstract class Rule(string method, string className = "Probe")
{
    public static readonly IReadOnlyList<Rule> All =
    [
        new SectionRule("DefaultSection", hasFullBranch: platform => platform.IsAheadOfTime, mayBeFree: false),
        new SectionRule("DomainSection", hasFullBranch: _ => true, mayBeFree: false),
        new SectionRule("HandleSection", hasFullBranch: _ => true, mayBeFree: true),
        new OnlineSectionRule(),
        new SleepableSectionRule(),
        new LockReadRule("LockRead", isSleepable: false),
        new LockReadRule("LockReadAsync", isSleepable: true),
        new QuiescentStateRule("QuiescentState"),
        new QuiescentStateRule("OnlineQuiescentState"),
        new PublishRule(),
        new AppendRule(),
        new PushRule(),
        new TargetRule(),
        new ExtendRule(),
    ];

    public string Class { get; } = className;

    public string Method { get; } = method;

    /// <summary>What is wrong with the method's code; nothing when all is well.</summary>
    public IReadOnlyList<string> Check(Listings.Method method)
    {
        HashSet<string> faults = [];
        Access[][] paths = [.. Walk.Paths(method).Select(path => path.ToArray())];
        Check(method.Platform, paths, faults);
        return [.. faults];
    }

    protected abstract void Check(Platform platform, Access[][] paths, ISet<string> faults);

    protected static void Require(bool holds, string fault, ISet<string> faults)
    {
        if (!holds)
        {
            faults.Add(fault);
        }
    }

    protected static int Find(Access[] path, Predicate<Access> wanted) => Array.FindIndex(path, wanted);

    protected static int FindLast(Access[] path, Predicate<Access> wanted) => Array.FindLastIndex(path, wanted);

    protected static bool AnyBetween(Access[] path, int after, int before, Predicate<Access> wanted) =>
        path.Take(before).Skip(after + 1).Any(access => wanted(access));

    /// <summary>A load from one of the probe's arguments at a landmark.</summary>
    protected static bool IsLandmark(Access access, int offset) =>
        access.Kind == AccessKind.Load && access.Address.IsArgument && access.Address.Offset == offset;

    /// <summary>A load of a value from the block that a pointer at a landmark leads to.</summary>
    protected static bool IsProtected(Access access) =>
        access.Kind == AccessKind.Load && access.Address.IsLoaded && access.Address.Offset == Landmarks.BlockValue;

    /// <summary>The first word of something that the library reached through a pointer: where Started stands.</summary>
    protected static bool IsWord(Access access) =>
        access is { Kind: AccessKind.Load, Bytes: 8, Address: { IsLoaded: true, Offset: 0 } or { IsConstant: true } };

    /// <summary>A load of the flags in the word of a queue, whose first field, the cursor or the count, stands
    /// there.</summary>
    protected static bool IsAttention(Access access, Value queue) =>
        access is { Kind: AccessKind.Load, Bytes: 4 } && access.Address == queue.Plus(Landmarks.AppendFlags);

    /// <summary>A store that puts back the value loaded from the same place, increased by this much.</summary>
    protected static int FindAdvance(Access[] path, int by) =>
        Find(path, store => store.Kind == AccessKind.Store && store.Value.IsLoaded && store.Value.Offset == by
            && Array.Exists(
                path,
                load =>
                    load.Kind == AccessKind.Load && load.Address == store.Address
                        && load.Value == store.Value.Plus(-by)));

    /// <summary>The store that announces: a word just loaded, into the first word of another place.</summary>
    protected static int FindAnnouncement(Access[] path, out int started)
    {
        for (int i = 0; i < path.Length; i++)
        {
            Access access = path[i];
            if (access is { Kind: AccessKind.Store, Bytes: 8, Address.Offset: 0, Value: { IsLoaded: true, Offset: 0 } })
            {
                started = Find(path, load => load.Kind == AccessKind.Load && load.Value == access.Value);
                return i;
            }
        }

        started = -1;
        return -1;
    }
}
