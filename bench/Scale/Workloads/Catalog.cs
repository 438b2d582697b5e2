using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Workloads;

// Everything that quiescent scale measures.
internal static class Catalog
{
    public static IReadOnlyList<Contest> All() =>
    [
        .. ReadSide.Contests().Select(AheadOfTime.Join),
        .. LockUses.Contests(),
        .. AsyncLockUses.Contests(),
        .. GracePeriods.Contests(),
        .. Floods.Contests(),
        .. Overstay.Contests(),
        .. Barriers.Contests(),
        .. ResourceUses.Contests(),
        .. MapUses.Contests(),
        .. Listening.Contests(),
        .. Idle.Contests(),
        .. Size.Contests(),
    ];

    public static Machine DescribeMachine() => Machine.Describe(
    [
        new PackageVersion("Quiescent", typeof(Rcu).Assembly.GetName().Version!.ToString(3)),
        PackageVersion.Of("Microsoft.Garnet"),
        PackageVersion.Of("Microsoft.FASTER.Core"),
        PackageVersion.Of("DotNext"),
        PackageVersion.Of("NonBlocking"),
        PackageVersion.Of("BitFaster.Caching"),
        .. NativePeers.Versions(),
    ]);
}
